// CoRIMs and parts of them are turned off and on again.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "verifier/documents.h"
#include "verifier/store.h"
#include "verifier/store/journal_transaction.h"
#include "verifier/store/lifecycle.h"
#include "verifier/store/replica.h"

namespace credence::verifier {

// All of it, committed, or nothing. `replica` is current in `transaction`.
[[nodiscard]] Result<LifecycleChange> activate(Replica& replica, JournalTransaction& transaction,
                                               const LifecycleSelection& selection, bool active);

// What these CoRIMs replace is erroneous (linked-tags): it does not count again because they go, until somebody
// activates it. What is to be turned off with them, of CoRIMs that stay; Errc::too_large beyond kMostDisregarded.
[[nodiscard]] Result<std::vector<DocumentChange>> disregarded_without(const Replica& replica,
                                                                      std::span<const std::string> corims);
inline constexpr std::size_t kMostDisregarded = 1 << 16;

}  // namespace credence::verifier
