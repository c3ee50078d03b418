#include <gtest/gtest.h>

#include "evidence/tpm/structures.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"

namespace credence::evidence::tpm {
namespace {

const Bytes kMessage = to_bytes(as_bytes("TPMS_ATTEST"));

TEST(Signature, GoesBothWays) {
  const Bytes octets = test::EvidenceMaker::sign(test::make_key(), kMessage);
  EXPECT_EQ(encode_signature(decode_signature(octets).value()), octets);
  test::expect_exact_length(octets, decode_signature);
}

TEST(Signature, IsGoodForItsMessageAndKeyOnly) {
  const crypto::PrivateKey key = test::make_key();
  const Signature signature = decode_signature(test::EvidenceMaker::sign(key, kMessage)).value();
  EXPECT_TRUE(verify(signature, key.public_key(), kMessage));
  test::expect_refused(verify(signature, key.public_key(), as_bytes("another")), Errc::bad_signature, "");
  test::expect_refused(verify(signature, test::make_key().public_key(), kMessage), Errc::bad_signature, "");
}

TEST(Signature, OfRsaIsChecked) {
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::rsa).value();
  for (const auto& [scheme, algorithm] : {std::pair{kAlgRsassa, crypto::SignatureAlgorithm::rs256},
                                          std::pair{kAlgRsapss, crypto::SignatureAlgorithm::ps256}}) {
    Signature signature{.scheme = scheme,
                        .hash = crypto::HashAlgorithm::sha256,
                        .r = {},
                        .s = {},
                        .rsa = key.sign(algorithm, kMessage).value()};
    const Bytes octets = encode_signature(signature);
    const Signature decoded = decode_signature(octets).value();
    EXPECT_EQ(decoded.rsa, signature.rsa);
    EXPECT_TRUE(decoded.r.empty() && decoded.s.empty());
    EXPECT_TRUE(verify(decoded, key.public_key(), kMessage));
    signature.rsa[10] ^= 1;
    test::expect_refused(verify(signature, key.public_key(), kMessage), Errc::bad_signature, "");
  }
}

TEST(Signature, RefusesOtherSchemesAndWeakHashes) {
  Bytes octets = test::EvidenceMaker::sign(test::make_key(), kMessage);
  octets[3] = 0x04;  // SHA-1
  test::expect_refused(decode_signature(octets), Errc::unsupported_algorithm, "hash: expected SHA-256");
  octets[3] = 0x0b;
  octets[1] = 0x05;  // HMAC
  test::expect_refused(decode_signature(octets), Errc::unsupported_algorithm, "sigAlg: expected ECDSA");
}

TEST(Signature, RefusesNumbersLongerThanAnyField) {
  const auto signature = [](std::size_t r, std::size_t s) {
    tls::Writer writer;
    writer.u16(kAlgEcdsa).u16(kAlgSha256);
    test::write_tpm2b(writer, Bytes(r, 1));
    test::write_tpm2b(writer, Bytes(s, 1));
    return writer.take();
  };
  const Bytes longest = signature(66, 66);
  EXPECT_EQ(encode_signature(decode_signature(longest).value()), longest);
  test::expect_refused(decode_signature(signature(67, 32)), Errc::too_large, "signature: expected at most 66 octets");
  test::expect_refused(decode_signature(signature(32, 67)), Errc::too_large, "signatureS: expected at most 66 octets");
}

}  // namespace
}  // namespace credence::evidence::tpm
