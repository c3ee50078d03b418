// flags-map (draft-ietf-rats-corim section 5.1.4.5.3): a flag that is not given is unknown, which meets no condition.
#include "rats/corim/match/match.h"

namespace credence::rats::match {

bool flags(const std::array<std::optional<bool>, 10>& condition,
           const std::array<std::optional<bool>, 10>& actual) noexcept {
  for (std::size_t i = 0; i < condition.size(); ++i)
    if (condition[i] && condition[i] != actual[i]) return false;
  return true;
}

}  // namespace credence::rats::match
