// Keys in a PKCS#11 token: OpenSSL's pkcs11-provider over SoftHSM, both real.
#include "crypto/token_key.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/softhsm.h"

namespace credence::crypto {
namespace {

using enum SignatureAlgorithm;

// One token for all cases: SoftHSM reads its configuration once in a process.
class TokenKeyTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!test::has_softhsm()) return;
    hsm = new test::SoftHsm;
    unsigned id = 0;
    for (const auto& [label, type] : {std::pair{"p256", KeyType::ec_p256}, std::pair{"p384", KeyType::ec_p384},
                                      std::pair{"rsa", KeyType::rsa}, std::pair{"ed25519", KeyType::ed25519}}) {
      const PrivateKey key = PrivateKey::generate(type).value();
      hsm->import(key, label, ++id);
      keys.push_back(key.public_key());
    }
  }
  static void TearDownTestSuite() { delete std::exchange(hsm, nullptr); }
  void SetUp() override { CREDENCE_SOFTHSM_OR_SKIP(); }

  [[nodiscard]] static Result<PrivateKey> open(const std::string& label, std::string_view pin = test::kSoftHsmPin) {
    return open_token_key({.uri = test::SoftHsm::uri(label),
                           .module = std::string(test::kSoftHsmModule),
                           .pin = SecretBytes(as_bytes(pin))});
  }

  static inline test::SoftHsm* hsm = nullptr;
  static inline std::vector<PublicKey> keys;
};

TEST_F(TokenKeyTest, SignsWhatItsPublicKeyVerifies) {
  const std::vector<std::pair<std::string, std::vector<SignatureAlgorithm>>> all{
      {"p256", {es256}}, {"p384", {es384}}, {"rsa", {rs256, ps256, rs384, ps512}}, {"ed25519", {eddsa}}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [label, algorithms] = all[i];
    const auto key = open(label);
    ASSERT_TRUE(key) << label << ": " << key.error().text();
    EXPECT_EQ(key->public_key(), keys[i]);
    for (const SignatureAlgorithm algorithm : algorithms) {
      const auto signature = key->sign(algorithm, as_bytes("message"));
      ASSERT_TRUE(signature) << name(algorithm) << ": " << signature.error().text();
      EXPECT_TRUE(keys[i].verify(algorithm, as_bytes("message"), *signature)) << name(algorithm);
      EXPECT_FALSE(keys[i].verify(algorithm, as_bytes("massage"), *signature)) << name(algorithm);
    }
  }
}

TEST_F(TokenKeyTest, DoesNotComeOut) {
  const PrivateKey key = open("p256").value();
  EXPECT_THROW((void)key.pem(), std::runtime_error);
  EXPECT_EQ(key.sign_ecdsa(digest(HashAlgorithm::sha256, {}).value()).error().code, Errc::unsupported);
  EXPECT_EQ(key.sign(es384, as_bytes("message")).error().code, Errc::unsupported_algorithm);
}

TEST_F(TokenKeyTest, SignsOnManyThreadsAtOnce) {
  const PrivateKey key = open("p256").value();
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int round = 0; round < 25; ++round) {
          const auto signature = key.sign(es256, as_bytes("message"));
          if (signature && keys[0].verify(es256, as_bytes("message"), *signature)) ++good;
        }
      });
  }
  EXPECT_EQ(good, 100);
}

TEST_F(TokenKeyTest, OutlivesNothingItNeeds) {
  std::optional<PrivateKey> key = open("p256").value();
  const PrivateKey copy = *key;
  key.reset();
  EXPECT_TRUE(copy.sign(es256, as_bytes("message")));
}

TEST_F(TokenKeyTest, IsRefusedByNameAndPin) {
  ASSERT_TRUE(open("p256"));
  const auto other = open("nosuchkey");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::not_found);
  EXPECT_TRUE(other.error().why.contains("check token, object and PIN")) << other.error().why;
  EXPECT_EQ(open("p256", "wrong").error().code, Errc::not_found);
  const auto all = open_token_key({.uri = "pkcs11:token=credence;type=private",
                                   .module = std::string(test::kSoftHsmModule),
                                   .pin = SecretBytes(as_bytes(test::kSoftHsmPin))});
  ASSERT_FALSE(all);
  EXPECT_TRUE(all.error().why.contains("got 4")) << all.error().why;
}

TEST(TokenKey, WithoutAModuleIsRefused) {
  CREDENCE_SOFTHSM_OR_SKIP();
  const auto key = open_token_key({.uri = "pkcs11:object=x", .module = "/nonexistent.so", .pin = {}});
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, Errc::device_missing);
}

}  // namespace
}  // namespace credence::crypto
