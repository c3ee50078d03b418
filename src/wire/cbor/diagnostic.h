// CBOR as text for people: diagnostic notation (RFC 8949 section 8), indented. Encoded CBOR in byte strings is not
// guessed at.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/cbor/limits.h"

namespace credence::cbor {

[[nodiscard]] Result<std::string> to_diagnostic(ByteView input, const Limits& limits = {});

}  // namespace credence::cbor
