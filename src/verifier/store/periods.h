// When a statement may be used: during the validity of any of the CoRIMs that make it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "rats/corim/corim.h"

namespace credence::verifier {

// Never, until a CoRIM is added.
class Periods {
 public:
  // A CoRIM without a validity makes its statements for ever.
  void add(const std::optional<rats::Validity>& validity);

  [[nodiscard]] bool contains(Timestamp at) const noexcept;
  // The predicate of a sentence, for a time that is not contained: "expired at ...", "is not valid before ...".
  [[nodiscard]] std::string refusal(Timestamp at) const;

 private:
  struct Period {
    Timestamp first;
    Timestamp last;
  };
  std::vector<Period> periods_;  // disjoint
};

}  // namespace credence::verifier
