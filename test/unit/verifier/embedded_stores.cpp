#include "any_store.h"
#include "verifier/store/memory/store.h"
#include "verifier/store/sqlite/store.h"

namespace credence::test {

std::vector<StoreKind> store_kinds() {
  const auto open_sqlite = [](const std::filesystem::path& folder) {
    return verifier::open_sqlite_store(folder / "store.sqlite").value();
  };
  return {{.name = "memory", .open = [](const auto&) { return verifier::memory_store(); }},
          {.name = "sqlite", .open = open_sqlite, .reopen = open_sqlite}};
}

}  // namespace credence::test
