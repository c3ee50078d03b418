// Labels of header parameters (IANA "COSE Header Parameters").
#pragma once

#include <cstdint>

namespace credence::cose::label {

inline constexpr std::int64_t alg = 1;
inline constexpr std::int64_t crit = 2;
inline constexpr std::int64_t content_type = 3;
inline constexpr std::int64_t kid = 4;
inline constexpr std::int64_t corim_meta = 8;   // draft-ietf-rats-corim
inline constexpr std::int64_t cwt_claims = 15;  // RFC 9597
inline constexpr std::int64_t x5chain = 33;     // RFC 9360

}  // namespace credence::cose::label
