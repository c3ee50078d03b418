#include "any_store.h"
#include "verifier/store/memory/store.h"
#include "verifier/store/sqlite/store.h"

namespace credence::test {

std::vector<StoreKind> store_kinds() {
  return {{.name = "memory", .open = [](const auto&) { return verifier::memory_store(); }},
          {.name = "sqlite",
           .open = [](const auto& folder) { return verifier::open_sqlite_store(folder / "store.sqlite").value(); }}};
}

}  // namespace credence::test
