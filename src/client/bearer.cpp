#include "client/bearer.h"

namespace credence::client {

Result<std::string> authorization(const SecretBytes& token) {
  for (const std::uint8_t octet : token.view()) {
    if (octet <= 0x20 || octet >= 0x7f) return fail(Errc::usage, "token: expected printable characters without spaces");
  }
  if (token.empty()) return fail(Errc::usage, "token: expected one, got an empty text");
  return "Bearer " + std::string(as_text(token.view()));
}

}  // namespace credence::client
