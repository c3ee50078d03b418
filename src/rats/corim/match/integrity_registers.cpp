// draft-ietf-rats-corim section 9.4.6.6.
#include <algorithm>

#include "rats/corim/match/match.h"

namespace credence::rats::match {

bool integrity_registers(std::span<const MeasurementValues::IntegrityRegister> condition,
                         std::span<const MeasurementValues::IntegrityRegister> actual) noexcept {
  using Register = MeasurementValues::IntegrityRegister;
  return !condition.empty() && std::ranges::all_of(condition, [&](const Register& expected) {
    const auto found = std::ranges::find(actual, expected.id, &Register::id);
    return found != actual.end() && digests(expected.digests, found->digests);
  });
}

}  // namespace credence::rats::match
