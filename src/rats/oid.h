// Object identifiers as text and as the content octets of their BER encoding (X.690 section 8.19), which is what CBOR
// tag 111 holds (RFC 9090).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::rats {

// "1.3.6.1.4.1". Errc::malformed for an unfinished or non-shortest arc, or one beyond 64 bits.
[[nodiscard]] Result<std::string> oid_to_text(ByteView content);
[[nodiscard]] Result<Bytes> oid_from_text(std::string_view text);

}  // namespace credence::rats
