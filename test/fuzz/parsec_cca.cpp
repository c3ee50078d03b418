// Parsec's bundle around a CCA token on any input: its checks never crash, and a key attestation counts only for its
// own nonce.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "evidence/parsec_cca/bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  namespace parsec_cca = evidence::parsec_cca;
  const auto bundle = parsec_cca::decode_bundle(ByteView(data, size));
  if (!bundle) return 0;
  const evidence::cca::Token& token = bundle->pat;
  if (token.realm.claims.challenge.size() != 64) std::abort();
  if (token.platform.describe().empty() || token.realm.describe().empty()) std::abort();
  static_cast<void>(parsec_cca::check_nonce(*bundle, bundle->nonce));
  Bytes other = to_bytes(bundle->nonce.view());
  other.push_back(0);
  if (parsec_cca::check_nonce(*bundle, Nonce(other))) std::abort();
  return 0;
}
