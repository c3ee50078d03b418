// Octets as text: hexadecimal (RFC 4648 section 8) and the two base64 alphabets (sections 4 and 5).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace credence {

// Lower case, two digits an octet.
[[nodiscard]] std::string to_hex(ByteView octets);
// Either case, an even number of digits, nothing else.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);

// Standard alphabet with padding.
[[nodiscard]] std::string to_base64(ByteView octets);
// URL-safe alphabet without padding: JOSE, CMW.
[[nodiscard]] std::string to_base64url(ByteView octets);
void append_base64(std::string& to, ByteView octets);
void append_base64url(std::string& to, ByteView octets);
// URL-safe alphabet with padding: Veraison's eat_nonce.
[[nodiscard]] std::string to_base64url_padded(ByteView octets);
void append_base64url_padded(std::string& to, ByteView octets);

// Strict: right padding and zero trailing bits, no white space. What decodes has exactly one encoding, so that a
// token or a nonce cannot be presented twice in two spellings.
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);
[[nodiscard]] Result<Bytes> from_base64url(std::string_view text);
// Any of the three dialects in use by Veraison's servers and clients, never two alphabets mixed in one text.
[[nodiscard]] Result<Bytes> from_any_base64(std::string_view text);

}  // namespace credence
