#include "rot/software/attestation_key.h"

#include <chrono>

#include "crypto/certificate.h"
#include "evidence/test_root.h"
#include "rot/software/structures.h"
#include "rot/software/test_root_key.h"

namespace credence::rot::software {
namespace {

namespace tpm = evidence::tpm;

// As a TPM's attestation key says of itself (protocol.md 2.2); here nothing enforces it.
constexpr std::uint32_t kAttributes = tpm::kFixedTpm | tpm::kFixedParent | tpm::kSensitiveDataOrigin |
                                      tpm::kUserWithAuth | tpm::kNoDa | tpm::kRestricted | tpm::kSign;

Result<Kid> kid_of(ByteView spki) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, spki));
  Bytes kid = {0x01};  // the type RAND of a UEID, which verifiers expect
  append(kid, digest.view());
  return Kid(std::move(kid));
}

Result<std::vector<Bytes>> chain_to_test_root(const crypto::PublicKey& key, tpm::Purpose purpose) {
  TRY(const crypto::PrivateKey root_key, crypto::PrivateKey::from_pem(as_bytes(kPublishedTestRootKey)));
  TRY(const crypto::Certificate root, crypto::Certificate::from_pem(kTestRootCertificate));
  TRY(const crypto::Certificate leaf,
      crypto::issue(key,
                    {.common_name = purpose == tpm::Purpose::channel ? "Credence software test channel key"
                                                                     : "Credence software test challenge key",
                     .dns_names = {},
                     .not_before = root.not_before(),
                     .not_after = root.not_after()},
                    root_key, root));
  return std::vector{to_bytes(leaf.der()), to_bytes(root.der())};
}

}  // namespace

Result<AttestationKey> AttestationKey::generate(tpm::Purpose purpose) {
  TRY(crypto::PrivateKey key, crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  const crypto::PublicKey& public_key = key.public_key();
  tpm::KeyFacts facts;
  facts.purpose = purpose;
  facts.maker = evidence::kTestRootMaker;
  TRY(facts.kid, kid_of(public_key.spki()));
  TRY(facts.public_area, encode_public(public_key, kAttributes, crypto::HashAlgorithm::sha256));
  TRY(const tpm::Public area, tpm::decode_public(facts.public_area));
  TRY(const tpm::Name name, tpm::name_of(area));
  facts.name = to_bytes(name);
  TRY(facts.qualified_name, qualified_name(Hierarchy::endorsement, facts.name));
  TRY(std::vector<Bytes> chain, chain_to_test_root(public_key, purpose));
  return AttestationKey(std::move(key), std::move(facts), std::move(chain));
}

Result<Bytes> AttestationKey::sign(ByteView attest) const {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, attest));
  TRY(const Bytes r_and_s, key_.sign_ecdsa(digest));
  const ByteView both(r_and_s);
  const std::size_t field = both.size() / 2;
  return tpm::encode_signature({.scheme = tpm::kAlgEcdsa,
                                .hash = crypto::HashAlgorithm::sha256,
                                .r = tpm::Coordinate(both.first(field)),
                                .s = tpm::Coordinate(both.last(field)),
                                .rsa = {}});
}

}  // namespace credence::rot::software
