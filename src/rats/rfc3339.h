// Dates as text (RFC 3339), which CBOR tag 0 holds; to_rfc3339() of base/clock.h writes them.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace credence::rats {

// With "Z" or an offset; what is finer than a millisecond is cut off. Errc::malformed, Errc::invalid_value.
[[nodiscard]] Result<Timestamp> from_rfc3339(std::string_view text);

}  // namespace credence::rats
