// draft-ietf-rats-corim section 9.4.6.5.
#include <algorithm>

#include "rats/corim/match/match.h"

namespace credence::rats::match {

bool crypto_keys(std::span<const CryptoKey> condition, std::span<const CryptoKey> actual) noexcept {
  return !condition.empty() && condition.size() <= actual.size() &&
         std::ranges::equal(condition, actual.first(condition.size()));
}

}  // namespace credence::rats::match
