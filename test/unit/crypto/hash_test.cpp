#include "crypto/hash.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "crypto/random.h"

namespace credence::crypto {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

struct DigestCase {
  HashAlgorithm algorithm;
  std::string_view name;
  std::string_view of_abc;  // FIPS 180-4 examples
};
const DigestCase kDigests[] = {
    {HashAlgorithm::sha256, "sha-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HashAlgorithm::sha384, "sha-384",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {HashAlgorithm::sha512, "sha-512",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
     "2a9ac94fa54ca49f"}};

TEST(Digest, KnownAnswersInEveryWayToAsk) {
  for (const auto& [algorithm, name, expected] : kDigests) {
    EXPECT_EQ(to_hex(digest(algorithm, as_bytes("abc")).value().view()), expected) << name;
    EXPECT_EQ(to_hex(digest(algorithm, {as_bytes("a"), {}, as_bytes("bc")}).value().view()), expected) << name;
    EXPECT_EQ(crypto::name(algorithm), name);
    EXPECT_EQ(hash_from_name(name), algorithm);
    EXPECT_EQ(digest_size(algorithm), expected.size() / 2);
  }
  EXPECT_EQ(hash_from_name("sha-1"), std::nullopt);
  EXPECT_EQ(hash_from_name("SHA-256"), std::nullopt);
}

TEST(Digest, FromChecksTheSize) {
  EXPECT_EQ(Digest::from(HashAlgorithm::sha384, Bytes(48, 7)).value().view().size(), 48U);
  for (const std::size_t size : {0U, 32U, 47U, 49U, 64U}) {
    const auto refused = Digest::from(HashAlgorithm::sha384, Bytes(size, 7));
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, Errc::invalid_value);
  }
}

TEST(Digest, EqualityNeedsAlgorithmAndOctets) {
  EXPECT_EQ(Digest::zeros(HashAlgorithm::sha256), Digest::zeros(HashAlgorithm::sha256));
  EXPECT_NE(Digest::zeros(HashAlgorithm::sha256), Digest::zeros(HashAlgorithm::sha384));
  EXPECT_NE(Digest::zeros(HashAlgorithm::sha256), Digest::from(HashAlgorithm::sha256, Bytes(32, 1)).value());
}

TEST(Digest, OfCipherSuites) {
  EXPECT_EQ(hash_of_cipher_suite(0x1301), HashAlgorithm::sha256);
  EXPECT_EQ(hash_of_cipher_suite(0x1302), HashAlgorithm::sha384);
  EXPECT_EQ(hash_of_cipher_suite(0x1303), HashAlgorithm::sha256);
  EXPECT_EQ(hash_of_cipher_suite(0xc02b), std::nullopt);
}

TEST(Hasher, CurrentDoesNotEndIt) {
  Hasher hasher = Hasher::start(HashAlgorithm::sha256).value();
  EXPECT_EQ(hasher.current().value(), digest(HashAlgorithm::sha256, {}).value());
  ASSERT_TRUE(hasher.update(as_bytes("ab")));
  EXPECT_EQ(hasher.current().value(), digest(HashAlgorithm::sha256, as_bytes("ab")).value());
  Hasher moved = std::move(hasher);
  ASSERT_TRUE(moved.update(as_bytes("c")));
  EXPECT_EQ(moved.current().value(), digest(HashAlgorithm::sha256, as_bytes("abc")).value());
}

// RFC 4231 test cases 1, 2 and 6 (a key longer than a block).
TEST(Hmac, KnownAnswers) {
  struct Case {
    Bytes key;
    std::string_view message;
    std::string_view sha256;
  };
  const Case cases[] = {
      {Bytes(20, 0x0b), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {to_bytes(as_bytes("Jefe")), "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {Bytes(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      // An empty key is a key, not "the key of before".
      {{}, "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"}};
  for (const auto& [key, message, expected] : cases) {
    EXPECT_EQ(to_hex(hmac(HashAlgorithm::sha256, key, as_bytes(message)).value().view()), expected) << message;
  }
}

// RFC 8448 section 3 for SHA-256 ("derived" from the early secret); the others were computed with Python's hmac.
TEST(HkdfExpandLabel, KnownAnswers) {
  struct Case {
    HashAlgorithm algorithm;
    std::string_view secret;
    std::string_view label;
    bool context_is_empty_hash;
    std::string_view expected;
  };
  const Case cases[] = {
      {HashAlgorithm::sha256, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a", "derived", true,
       "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"},
      {HashAlgorithm::sha384,
       "7ee8206f5570023e6dc7519eb1073bc4e791ad37b5c382aa10ba18e2357e716971f9362f2c2fe2a76bfd78dfec4ea9b5", "derived",
       true, "1591dac5cbbf0330a4a84de9c753330e92d01f0a88214b4464972fd668049e93e52f2b16fad922fdc0584478428f282b"},
      {HashAlgorithm::sha512,
       "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6"
       "b"
       "6b6b6b6b6b6b6b6b",
       "x", false,
       "87a93e0ca8de18fa06445d3997b2b5f3b412cdcdcd6259076c66e0e1fbf3ceb1e38022632e43f72367dc87e9f784e769b94ca83acd9e01b"
       "7"
       "d4cb6c0217e0d1ae"}};
  for (const auto& [algorithm, secret, label, context_is_empty_hash, expected] : cases) {
    const Digest empty_hash = digest(algorithm, {}).value();
    const ByteView context = context_is_empty_hash ? empty_hash.view() : ByteView{};
    EXPECT_EQ(to_hex(hkdf_expand_label(algorithm, hex(secret), label, context).value().view()), expected) << label;
  }
}

TEST(HkdfExpandLabel, RefusesWhatDoesNotFitItsLengthOctets) {
  const Bytes secret(32, 1);
  EXPECT_TRUE(hkdf_expand_label(HashAlgorithm::sha256, secret, std::string(249, 'a'), Bytes(255)));
  for (const auto& [label, context] : {std::pair{std::string(250, 'a'), Bytes(0)}, std::pair{std::string(), Bytes(0)},
                                       std::pair{std::string("a"), Bytes(256)}}) {
    const auto refused = hkdf_expand_label(HashAlgorithm::sha256, secret, label, context);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_value);
  }
}

TEST(SystemRandom, FillsAllOfItAndNeverTheSame) {
  Bytes first(64);
  Bytes second(64);
  ASSERT_TRUE(system_random()->fill(first));
  ASSERT_TRUE(system_random()->fill(second));
  EXPECT_NE(first, second);
  EXPECT_NE(Bytes(first.end() - 16, first.end()), Bytes(16)) << "the last octets were not filled";
  EXPECT_TRUE(system_random()->fill({}));
}

}  // namespace
}  // namespace credence::crypto
