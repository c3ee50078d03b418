// What a token of Arm's may cost. Those in use have up to 3 KiB: 4 KiB is all that a realm's token may have (RMM
// specification, RSI_ATTESTATION_TOKEN_INIT).
#pragma once

#include "wire/cbor/limits.h"

namespace credence::evidence::psa {

inline constexpr cbor::Limits kTokenLimits{.bytes = 32'768, .depth = 8, .items = 2'048};

}  // namespace credence::evidence::psa
