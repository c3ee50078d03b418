// A CCA token, and Parsec's bundle around one, on any input: their checks never crash.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "evidence/cca/token.h"
#include "evidence/parsec_cca/bundle.h"

namespace {

void check(const credence::evidence::cca::Token& token) {
  using namespace credence;
  if (token.realm.claims.challenge.size() != 64) std::abort();
  if (!evidence::cca::check_nonce(token, Nonce(token.realm.claims.challenge))) std::abort();
  if (token.platform.describe().empty() || token.realm.describe().empty()) std::abort();
  // The realm's key is in the token: it is nobody's that the platform was not signed by.
  static_cast<void>(evidence::cca::check_signatures(token, token.realm.public_key));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  if (const auto token = evidence::cca::decode_token(input)) check(*token);
  const auto bundle = evidence::parsec_cca::decode_bundle(input);
  if (!bundle) return 0;
  check(bundle->pat);
  static_cast<void>(evidence::parsec_cca::check_nonce(*bundle, bundle->nonce));
  return 0;
}
