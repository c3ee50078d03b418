// draft-ietf-rats-corim section 9.4.6.4.
#include "rats/corim/match/match.h"

namespace credence::rats::match {

bool raw_values(const RawValue& condition, const RawValue& actual) noexcept {
  // A state is a value, not a pattern.
  if (actual.mask || condition.value.size() != actual.value.size()) return false;
  if (!condition.mask) return condition.value == actual.value;
  const Bytes& mask = *condition.mask;
  if (mask.size() != condition.value.size()) return false;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (((condition.value[i] ^ actual.value[i]) & mask[i]) != 0) return false;
  return true;
}

}  // namespace credence::rats::match
