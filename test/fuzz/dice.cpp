// Chains of DICE certificates in both forms: nothing crashes, no chain is authentic without a root, and none is fresh
// that has no nonce. The first octet chooses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "evidence/dice/chain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  namespace dice = evidence::dice;
  if (size == 0) return 0;
  const auto chain =
      dice::decode_chain(data[0] == 0 ? dice::kPemChain : dice::kSignedNonce, ByteView(data + 1, size - 1));
  if (!chain) return 0;
  if (chain->measurements.size() != chain->certificates.size()) std::abort();
  static_cast<void>(dice::claims_of(*chain));
  static_cast<void>(dice::device_key(*chain));
  const bool has_nonce = chain->leaf_nonce || !chain->proof_nonces.empty();
  if (dice::check_challenge(*chain, Nonce(Bytes(32))) && !has_nonce) std::abort();
  if (dice::check_chain(*chain, {}, Timestamp{})) std::abort();
  return 0;
}
