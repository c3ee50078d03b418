// A CCA token on any input: its checks never crash, and what is read can be described.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "evidence/cca/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const auto token = evidence::cca::decode_token(ByteView(data, size));
  if (!token) return 0;
  const Bytes& challenge = token->realm.claims.challenge;
  if (challenge.size() != 64) std::abort();
  if (!evidence::cca::check_nonce(*token, Nonce(challenge))) std::abort();
  if (token->platform.describe().empty() || token->realm.describe().empty()) std::abort();
  // The realm's key is in the token: it is nobody's that the platform was not signed by.
  static_cast<void>(evidence::cca::check_signatures(*token, token->realm.public_key));
  return 0;
}
