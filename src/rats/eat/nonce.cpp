#include "rats/eat/nonce.h"

#include <format>

#include "base/text.h"

namespace credence::rats {

Result<void> check_eat_nonce(ByteView nonce) {
  // RFC 9711 section 4.1: fewer octets can be guessed, or met again by chance, and old evidence passes as new.
  if (nonce.size() < 8 || nonce.size() > 64) {
    return fail_in(Errc::invalid_value, "eat_nonce", std::format("expected 8 to 64 octets, got {}", nonce.size()));
  }
  return {};
}

std::string eat_nonce_to_json(ByteView nonce) { return to_base64url_padded(nonce); }

Result<Bytes> eat_nonce_from_json(std::string_view text) {
  if (text.size() < 8 || text.size() > 88) {
    return fail_in(Errc::invalid_value, "eat_nonce", std::format("expected 8 to 88 characters, got {}", text.size()));
  }
  Result<Bytes> nonce = from_any_base64(text);
  if (!nonce) return within("eat_nonce", std::move(nonce).error());
  CHECK(check_eat_nonce(*nonce));
  return nonce;
}

}  // namespace credence::rats
