// eat_nonce (RFC 9711 section 4.1): 8 to 64 octets, in JSON 8 to 88 characters.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::rats {

[[nodiscard]] Result<void> check_eat_nonce(ByteView nonce);

// JSON. Written as Veraison writes it, base64url with padding; read in each of the dialects that Veraison's servers
// and clients use: base64url with and without padding, and standard base64.
[[nodiscard]] std::string eat_nonce_to_json(ByteView nonce);
[[nodiscard]] Result<Bytes> eat_nonce_from_json(std::string_view text);

}  // namespace credence::rats
