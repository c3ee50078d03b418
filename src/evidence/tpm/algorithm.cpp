// TPM_ALG_ID (part 2, 6.3) of the hashes in use. SHA-1 has no counterpart: nothing here can be computed over it.
#include "evidence/tpm/structures.h"

namespace credence::evidence::tpm {

std::optional<crypto::HashAlgorithm> hash_from_alg(std::uint16_t alg) noexcept {
  switch (alg) {
    case kAlgSha256:
      return crypto::HashAlgorithm::sha256;
    case kAlgSha384:
      return crypto::HashAlgorithm::sha384;
    case kAlgSha512:
      return crypto::HashAlgorithm::sha512;
    default:
      return std::nullopt;
  }
}

std::uint16_t alg_from_hash(crypto::HashAlgorithm hash) noexcept {
  switch (hash) {
    case crypto::HashAlgorithm::sha256:
      return kAlgSha256;
    case crypto::HashAlgorithm::sha384:
      return kAlgSha384;
    case crypto::HashAlgorithm::sha512:
      return kAlgSha512;
  }
  return kAlgNull;
}

}  // namespace credence::evidence::tpm
