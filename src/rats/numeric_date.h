// NumericDate (RFC 7519 section 2, RFC 8392): seconds since 1970 in JWT, CWT and CBOR tag 1.
#pragma once

#include <cstdint>
#include <format>

#include "base/clock.h"
#include "base/result.h"

namespace credence::rats {

// Whole seconds, rounded down: a moment never becomes younger on the wire.
[[nodiscard]] inline std::int64_t to_numeric_date(Timestamp at) noexcept {
  return std::chrono::floor<Seconds>(at).time_since_epoch().count();
}

// The years 1 to 9999. Beyond them the conversion to milliseconds overflows, and an expiry far in the future turns
// into one that compares as long past, or the reverse.
[[nodiscard]] inline Result<Timestamp> from_numeric_date(std::int64_t seconds) {
  constexpr std::int64_t kYear1 = -62'135'596'800;
  constexpr std::int64_t kYear9999 = 253'402'300'799;
  if (seconds < kYear1 || seconds > kYear9999) {
    return fail(Errc::invalid_value, std::format("expected a time within the years 1 to 9999, got {} s", seconds));
  }
  return Timestamp(Seconds(seconds));
}

}  // namespace credence::rats
