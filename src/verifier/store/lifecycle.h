// What a query of endorsement lifecycle management (rats/elm/query.h) selects in a store.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rats/coserv/coserv.h"
#include "verifier/store/index.h"
#include "verifier/store/journal.h"

namespace credence::verifier {

struct LifecycleSelection {
  std::vector<std::string> corims;         // ids of submissions
  std::vector<std::string> deactivations;  // documents (store/deactivated.h) that turn off what else is selected
};

// `active` is what is in force; what is not is read from the journal. Errc::not_found when a selector selects nothing.
[[nodiscard]] Result<LifecycleSelection> select_lifecycle(const Index& active, Journal& journal,
                                                          const rats::CoservQuery& query);

}  // namespace credence::verifier
