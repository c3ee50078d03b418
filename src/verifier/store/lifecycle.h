// What a query of endorsement lifecycle management (rats/elm/query.h) selects in a store.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "rats/coserv/coserv.h"
#include "verifier/documents.h"
#include "verifier/store/index.h"
#include "verifier/store/replica.h"

namespace credence::verifier {

struct LifecycleSelection {
  std::vector<std::string> corims;         // ids of submissions
  std::vector<std::string> deactivations;  // documents (store/deactivated.h) that turn off what else is selected
};

// What the CoRIMs say that are not active: nobody keeps it, so it is decoded for a query, which may select in it.
class InactiveContents {
 public:
  // Of another program, perhaps, when it cannot be read: nothing of it counts, and it must not hold up the others.
  void add(const Document& corim);
  // Those that are not active by `replica`, which is current in a transaction, and no others. Reads what is missing.
  [[nodiscard]] Result<void> bring_to(const Replica& replica);

  [[nodiscard]] const Index& index() const noexcept { return index_; }

 private:
  Index index_;
  std::set<std::string> ids_;
};

// Errc::not_found when a selector selects nothing.
[[nodiscard]] Result<LifecycleSelection> select_lifecycle(const Index& active, const Index& inactive,
                                                          const rats::CoservQuery& query);

}  // namespace credence::verifier
