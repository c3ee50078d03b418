// The kinds of stores that one program tests: what every store promises is tested of each.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "verifier/store.h"

namespace credence::test {

struct StoreKind {
  std::string name;
  // `folder` is the test's own, and empty.
  std::function<std::shared_ptr<verifier::Store>(const std::filesystem::path& folder)> open;
  // What open() opened last for this folder, once more; empty for a store that lives in memory.
  std::function<std::shared_ptr<verifier::Store>(const std::filesystem::path& folder)> reopen{};
};
inline void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }

[[nodiscard]] std::vector<StoreKind> store_kinds();
// Those that outlive their process.
[[nodiscard]] inline std::vector<StoreKind> lasting_store_kinds() {
  std::vector<StoreKind> kinds = store_kinds();
  std::erase_if(kinds, [](const StoreKind& kind) { return !kind.reopen; });
  return kinds;
}

}  // namespace credence::test
