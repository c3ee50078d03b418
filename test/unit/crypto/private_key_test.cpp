#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <string>

#include "base/text.h"
#include "crypto/key.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {
namespace {

class EveryType : public testing::TestWithParam<KeyType> {
 protected:
  const PrivateKey key_ = PrivateKey::generate(GetParam()).value();
};

TEST_P(EveryType, SignsWhatItsPublicKeyVerifies) {
  const auto signature = key_.sign(key_.default_algorithm(), as_bytes("message"));
  ASSERT_TRUE(signature) << signature.error().text();
  EXPECT_EQ(key_.public_key().type(), GetParam());
  EXPECT_TRUE(key_.public_key().verify(key_.default_algorithm(), as_bytes("message"), *signature));
  EXPECT_FALSE(key_.public_key().verify(key_.default_algorithm(), as_bytes("massage"), *signature));
}

TEST_P(EveryType, GoesThroughPem) {
  const SecretBytes pem = key_.pem();
  const PrivateKey again = PrivateKey::from_pem(pem.view()).value();
  EXPECT_EQ(again.public_key(), key_.public_key());
  EXPECT_EQ(again.pem(), pem);
}

TEST_P(EveryType, GoesThroughOpenSsl) {
  EXPECT_EQ(public_key_from(native(key_)).value(), key_.public_key());
  EXPECT_EQ(public_key_from(native(key_.public_key())).value(), key_.public_key());
  EXPECT_EQ(private_key_from(native(key_)).value().pem(), key_.pem());
  const auto without_private_part = private_key_from(native(key_.public_key()));
  ASSERT_FALSE(without_private_part);
  EXPECT_EQ(without_private_part.error().code, Errc::bad_key);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_P(EveryType, RefusesAlgorithmsOfOtherKeys) {
  const SignatureAlgorithm other =
      GetParam() == KeyType::ec_p256 ? SignatureAlgorithm::es384 : SignatureAlgorithm::es256;
  EXPECT_EQ(key_.sign(other, as_bytes("message")).error().code, Errc::unsupported_algorithm);
}

INSTANTIATE_TEST_SUITE_P(PrivateKey, EveryType,
                         testing::Values(KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa,
                                         KeyType::ed25519),
                         [](const auto& tested) {
                           std::string text(name(tested.param));
                           std::erase(text, '-');
                           return text;
                         });

TEST(PrivateKey, SignEcdsaIsForEcKeys) {
  const Digest hashed = digest(HashAlgorithm::sha256, as_bytes("message")).value();
  const PrivateKey key = PrivateKey::generate(KeyType::ec_p256).value();
  const Bytes signature = key.sign_ecdsa(hashed).value();
  ASSERT_EQ(signature.size(), 64U);
  EXPECT_TRUE(key.public_key().verify(SignatureAlgorithm::es256, as_bytes("message"), signature));
  const auto refused = PrivateKey::generate(KeyType::ed25519).value().sign_ecdsa(hashed);
  EXPECT_EQ(refused.error().code, Errc::unsupported_algorithm);
}

TEST(PrivateKey, RefusesHalvesThatDoNotBelongTogether) {
  // PKCS #8 carries the public half of an EC key; here the public half of another key is put in its place.
  const auto pkcs8 = [](const PrivateKey& key) {
    const SecretBytes secret = key.pem();
    const std::string pem(as_text(secret.view()));
    const std::size_t start = pem.find('\n') + 1;
    std::string base64 = pem.substr(start, pem.find("-----END") - start);
    std::erase(base64, '\n');
    return from_base64(base64).value();
  };
  const PrivateKey key = PrivateKey::generate(KeyType::ec_p256).value();
  const Bytes other = pkcs8(PrivateKey::generate(KeyType::ec_p256).value());
  Bytes mixed = pkcs8(key);
  ASSERT_EQ(mixed.size(), other.size());
  const auto as_pem = [](ByteView der) {
    return "-----BEGIN PRIVATE KEY-----\n" + to_base64(der) + "\n-----END PRIVATE KEY-----\n";
  };
  ASSERT_TRUE(PrivateKey::from_pem(as_bytes(as_pem(mixed))));
  std::copy(other.end() - 64, other.end(), mixed.end() - 64);
  const auto refused = PrivateKey::from_pem(as_bytes(as_pem(mixed)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_key);
}

TEST(PrivateKey, RefusesOtherFiles) {
  EXPECT_EQ(PrivateKey::from_pem({}).error().code, Errc::malformed);
  const PrivateKey key = PrivateKey::generate(KeyType::ec_p256).value();
  EXPECT_EQ(PrivateKey::from_pem(as_bytes(key.public_key().pem())).error().code, Errc::malformed);
  const std::string cut = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
  EXPECT_EQ(PrivateKey::from_pem(as_bytes(cut)).error().code, Errc::bad_key);
}

}  // namespace
}  // namespace credence::crypto
