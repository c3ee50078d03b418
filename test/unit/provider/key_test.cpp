#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "keys.h"
#include "tls_pair.h"

namespace credence::provider {
namespace {

using OwnedDigestContext = crypto::Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

constexpr std::string_view kMessage = "the octets to be signed";

int start_signing(EVP_MD_CTX* context, const char* hash, EVP_PKEY* key, OSSL_LIB_CTX* library = nullptr) {
  const int started = EVP_DigestSignInit_ex(context, nullptr, hash, library, nullptr, key, nullptr);
  ERR_clear_error();
  return started;
}

Bytes sign(EVP_PKEY* key, OSSL_LIB_CTX* library = nullptr) {
  const OwnedDigestContext context(EVP_MD_CTX_new());
  Bytes signature(256);
  std::size_t size = signature.size();
  const ByteView message = as_bytes(kMessage);
  EXPECT_EQ(start_signing(context.get(), "SHA256", key, library), 1);
  EXPECT_EQ(EVP_DigestSignUpdate(context.get(), message.data(), 7), 1);
  EXPECT_EQ(EVP_DigestSignUpdate(context.get(), message.data() + 7, message.size() - 7), 1);
  EXPECT_EQ(EVP_DigestSignFinal(context.get(), signature.data(), &size), 1) << crypto::last_error();
  signature.resize(size);
  return signature;
}

int verify(EVP_PKEY* key, ByteView signature) {
  const OwnedDigestContext context(EVP_MD_CTX_new());
  const ByteView message = as_bytes(kMessage);
  EXPECT_EQ(EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key, nullptr), 1);
  const int verified =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size());
  ERR_clear_error();
  return verified;
}

TEST(PrivateKey, SignsInPiecesAndVerifies) {
  const auto tls_key = software_key();
  const crypto::OwnedKey key = private_key(tls_key).value();
  const crypto::OwnedKey other = private_key(software_key()).value();
  Bytes signature = sign(key.get());
  EXPECT_EQ(verify(key.get(), signature), 1);
  EXPECT_EQ(verify(crypto::native(tls_key->public_key()), signature), 1);
  EXPECT_NE(verify(other.get(), signature), 1);
  signature.back() ^= 1;
  EXPECT_NE(verify(key.get(), signature), 1);
}

TEST(PrivateKey, ACopiedOperationGoesOnByItself) {
  const crypto::OwnedKey key = private_key(software_key()).value();
  const OwnedDigestContext first(EVP_MD_CTX_new());
  const OwnedDigestContext second(EVP_MD_CTX_new());
  const ByteView message = as_bytes(kMessage);
  ASSERT_EQ(start_signing(first.get(), "SHA256", key.get()), 1);
  ASSERT_EQ(EVP_DigestSignUpdate(first.get(), message.data(), 7), 1);
  ASSERT_EQ(EVP_MD_CTX_copy_ex(second.get(), first.get()), 1);
  ASSERT_EQ(EVP_DigestSignUpdate(first.get(), message.data(), message.size()), 1);
  ASSERT_EQ(EVP_DigestSignUpdate(second.get(), message.data() + 7, message.size() - 7), 1);
  Bytes signature(256);
  std::size_t size = signature.size();
  ASSERT_EQ(EVP_DigestSignFinal(second.get(), signature.data(), &size), 1);
  EXPECT_EQ(verify(key.get(), ByteView(signature).first(size)), 1);
}

// In a context without any algorithm, only a provider that hashes in a context of its own can sign.
TEST(PrivateKey, HashesInItsOwnLibraryContext) {
  const crypto::Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free> bare(OSSL_LIB_CTX_new());
  const crypto::Owned<OSSL_PROVIDER, OSSL_PROVIDER_unload> nothing(OSSL_PROVIDER_load(bare.get(), "null"));
  ASSERT_TRUE(nothing);
  const crypto::OwnedKey key = private_key(software_key()).value();
  EXPECT_EQ(verify(key.get(), sign(key.get(), bare.get())), 1);
}

TEST(PrivateKey, IsAnEcKeyByName) {
  const crypto::OwnedKey key = private_key(software_key(crypto::KeyType::ec_p384)).value();
  for (const char* name : {"EC", "id-ecPublicKey", "1.2.840.10045.2.1"})
    EXPECT_EQ(EVP_PKEY_is_a(key.get(), name), 1) << name;
  EXPECT_EQ(EVP_PKEY_is_a(key.get(), "RSA"), 0);
  EXPECT_EQ(EVP_PKEY_get_bits(key.get()), 384);
  std::array<char, 32> group{};
  ASSERT_EQ(EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), nullptr), 1);
  EXPECT_STREQ(group.data(), "secp384r1");
}

TEST(PrivateKey, ThePrivateHalfDoesNotLeave) {
  const auto tls_key = software_key();
  const crypto::OwnedKey key = private_key(tls_key).value();
  OSSL_PARAM* exported = nullptr;
  EXPECT_NE(EVP_PKEY_todata(key.get(), EVP_PKEY_KEYPAIR, &exported), 1);
  EXPECT_FALSE(crypto::private_key_from(key.get()));
  ASSERT_EQ(EVP_PKEY_todata(key.get(), EVP_PKEY_PUBLIC_KEY, &exported), 1);
  EXPECT_EQ(OSSL_PARAM_locate(exported, OSSL_PKEY_PARAM_PRIV_KEY), nullptr);
  OSSL_PARAM_free(exported);
  EXPECT_EQ(crypto::public_key_from(key.get()).value(), tls_key->public_key());
  ERR_clear_error();
}

TEST(PrivateKey, AskingWhichHashesItSignsCostsNothingAndRefusesTheOthers) {
  const auto tls_key = std::make_shared<Wrapped>();
  const crypto::OwnedKey key = private_key(tls_key).value();
  const OwnedDigestContext context(EVP_MD_CTX_new());
  for (const char* hash : {"SHA256", "SHA2-256", "SHA-256"})
    EXPECT_EQ(start_signing(context.get(), hash, key.get()), 1) << hash;
  EXPECT_EQ(start_signing(context.get(), nullptr, key.get()), 1) << "the default is what the key can sign";
  for (const char* hash : {"SHA1", "SHA384", "SHA512", "SHA3-256", "none such"})
    EXPECT_NE(start_signing(context.get(), hash, key.get()), 1) << hash;
  EXPECT_EQ(tls_key->signatures, 0);
}

TEST(PrivateKey, TheDefaultHashIsThatOfTheCurve) {
  for (const auto& [type, expected] :
       {std::pair(crypto::KeyType::ec_p256, "SHA2-256"), std::pair(crypto::KeyType::ec_p384, "SHA2-384")}) {
    const crypto::OwnedKey key = private_key(software_key(type)).value();
    std::array<char, 32> hash{};
    ASSERT_GT(EVP_PKEY_get_default_digest_name(key.get(), hash.data(), hash.size()), 0);
    EXPECT_STREQ(hash.data(), expected);
  }
}

class NoHash final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  [[nodiscard]] bool can_sign(crypto::HashAlgorithm) const noexcept override { return false; }
};
class Ed25519 final : public Wrapped {
 public:
  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept override { return key_.public_key(); }

 private:
  crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyType::ed25519).value();
};

TEST(PrivateKey, KeysThatCannotBeUsedAreRefused) {
  EXPECT_EQ(private_key(nullptr).error().code, Errc::usage);
  EXPECT_EQ(private_key(std::make_shared<NoHash>()).error().code, Errc::unsupported_algorithm);
  EXPECT_EQ(private_key(std::make_shared<Ed25519>()).error().code, Errc::unsupported_algorithm);
  EXPECT_TRUE(private_key(software_key()));
}

class Certificates : public testing::TestWithParam<std::pair<crypto::KeyType, int>> {};

TEST_P(Certificates, SelfSignedLeafVerifiesUnderItsOwnKey) {
  const auto tls_key = software_key(GetParam().first);
  const crypto::OwnedKey key = private_key(tls_key).value();
  const crypto::Certificate leaf = leaf_for(key.get(), "device");
  EXPECT_TRUE(equal(leaf.spki(), tls_key->public_key().spki()));
  EXPECT_EQ(X509_get_signature_nid(crypto::native(leaf)), GetParam().second);
  EXPECT_EQ(X509_verify(crypto::native(leaf), crypto::native(tls_key->public_key())), 1);
  const auto other = software_key(GetParam().first);
  EXPECT_NE(X509_verify(crypto::native(leaf), crypto::native(other->public_key())), 1);
  ERR_clear_error();
}

// An application that makes its own certificate: X509_set_pubkey() needs an encoder for our key, X509_sign() the
// AlgorithmIdentifier.
TEST_P(Certificates, AnApplicationSignsItsOwnCertificate) {
  const auto tls_key = software_key(GetParam().first);
  const crypto::OwnedKey key = private_key(tls_key).value();
  const crypto::OwnedX509 certificate(X509_new());
  ASSERT_EQ(X509_set_pubkey(certificate.get(), key.get()), 1) << crypto::last_error();
  ASSERT_NE(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0), nullptr);
  ASSERT_NE(X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 60), nullptr);
  ASSERT_GT(X509_sign(certificate.get(), key.get(), nullptr), 0) << crypto::last_error();
  EXPECT_EQ(X509_get_signature_nid(certificate.get()), GetParam().second);
  EXPECT_EQ(X509_verify(certificate.get(), crypto::native(tls_key->public_key())), 1);
}

INSTANTIATE_TEST_SUITE_P(Curves, Certificates,
                         testing::Values(std::pair(crypto::KeyType::ec_p256, NID_ecdsa_with_SHA256),
                                         std::pair(crypto::KeyType::ec_p384, NID_ecdsa_with_SHA384)),
                         [](const auto& tested) {
                           return tested.param.first == crypto::KeyType::ec_p256 ? "P256" : "P384";
                         });

TEST(Certificate, AKeyThatFailsGivesTheReason) {
  const auto tls_key = std::make_shared<Lockable>();
  const crypto::OwnedKey key = private_key(tls_key).value();
  tls_key->locked = true;
  const auto refused =
      self_signed_certificate(key.get(), {.common_name = "device", .dns_names = {}, .not_before = {}, .not_after = {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::crypto_failure);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace credence::provider
