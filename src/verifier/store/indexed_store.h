// A store over a journal: everything active is in memory, the database is touched by changes only
// (docs/decisions/store.md).
#pragma once

#include <memory>

#include "base/result.h"
#include "verifier/store.h"
#include "verifier/store/journal.h"

namespace credence::verifier {

// Whether others may change the journal too: then their changes are seen within a second, and at once when a key is not
// found.
enum class Sharing : std::uint8_t { alone, shared };

[[nodiscard]] Result<std::shared_ptr<Store>> open_indexed_store(std::unique_ptr<Journal> journal, Sharing sharing);

}  // namespace credence::verifier
