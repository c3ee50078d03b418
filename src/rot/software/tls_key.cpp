#include "rot/software/tls_key.h"

#include <format>

#include "rot/software/structures.h"

namespace credence::rot::software {
namespace {

namespace tpm = evidence::tpm;

// As a TPM's TLS key says of itself (protocol.md 2.1); here nothing enforces it.
constexpr std::uint32_t kAttributes =
    tpm::kFixedTpm | tpm::kFixedParent | tpm::kSensitiveDataOrigin | tpm::kUserWithAuth | tpm::kNoDa | tpm::kSign;

}  // namespace

Result<std::shared_ptr<SoftwareTlsKey>> SoftwareTlsKey::create(crypto::PrivateKey key) {
  const auto hash = key.public_key().type() == crypto::KeyType::ec_p384 ? crypto::HashAlgorithm::sha384
                                                                        : crypto::HashAlgorithm::sha256;
  TRY(Bytes public_area, encode_public(key.public_key(), kAttributes, hash));
  TRY(const tpm::Public area, tpm::decode_public(public_area));
  TRY(const tpm::Name name, tpm::name_of(area));
  TRY(const Bytes qualified, qualified_name(Hierarchy::owner, name));
  return std::shared_ptr<SoftwareTlsKey>(
      new SoftwareTlsKey(std::move(key), hash, std::move(public_area), encode_certify_info(name, qualified)));
}

void SoftwareTlsKey::sign(const crypto::Digest& digest, Completion<Bytes> done) { done(sign(digest)); }

Result<Bytes> SoftwareTlsKey::sign(const crypto::Digest& digest) const {
  if (!can_sign(digest.algorithm()))
    return fail(Errc::unsupported_algorithm,
                std::format("this {} key signs over {} only, got a {} digest", name(public_key().type()), name(hash_),
                            name(digest.algorithm())));
  TRY(const Bytes r_and_s, key_.sign_ecdsa(digest));
  const ByteView both(r_and_s);
  const std::size_t field = both.size() / 2;
  return crypto::ecdsa_to_der(both.first(field), both.last(field));
}

}  // namespace credence::rot::software
