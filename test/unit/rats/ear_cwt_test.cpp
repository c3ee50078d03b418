#include <gtest/gtest.h>

#include "base/text.h"
#include "full_ear.h"
#include "hex.h"
#include "rats/ear/ear.h"
#include "sign/cose/sign1.h"
#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::rats {
namespace {

using test::full_ear;

crypto::PrivateKey new_key(crypto::KeyType type = crypto::KeyType::ec_p256) {
  return crypto::PrivateKey::generate(type).value();
}

Ear affirming() {
  Ear ear = full_ear();
  ear.overall_status.reset();
  ear.submodules.at("PARSEC_TPM").status = Tier::affirming;
  ear.submodules.at("PARSEC_TPM").vector.reset();
  return ear;
}

TEST(EarCwt, IsACwtOverACoseSign1) {
  const Bytes cwt = sign_ear_cwt(affirming(), new_key(), {.kid = "key 1"}).value();
  cbor::Reader reader(cwt);
  ASSERT_TRUE(reader.expect_tag(61));
  const auto message = cose::decode_sign1(ByteView(cwt).subspan(reader.offset())).value();
  EXPECT_EQ(message.protected_headers.algorithm, crypto::SignatureAlgorithm::es256);
  EXPECT_EQ(message.protected_headers.kid, to_bytes(as_bytes("key 1")));
}

TEST(EarCwt, IsVerifiedWithOneOfTheGivenKeys) {
  using enum crypto::SignatureAlgorithm;
  for (const auto& [type, algorithm] :
       {std::pair{crypto::KeyType::ec_p256, es256}, std::pair{crypto::KeyType::ec_p384, es384},
        std::pair{crypto::KeyType::ec_p521, es512}, std::pair{crypto::KeyType::ed25519, eddsa},
        std::pair{crypto::KeyType::rsa, rs256}, std::pair{crypto::KeyType::rsa, ps256},
        std::pair{crypto::KeyType::rsa, ps384}}) {
    const auto key = new_key(type);
    const std::array keys{new_key().public_key(), key.public_key()};
    const Bytes cwt = sign_ear_cwt(affirming(), key, {.algorithm = algorithm}).value();
    const auto verified = verify_ear_cwt(cwt, keys);
    ASSERT_TRUE(verified) << crypto::name(algorithm) << ": " << verified.error().text();
    EXPECT_TRUE(verified->is_affirming());
    // The same token as a session carries it, and a JWT of the same key.
    EXPECT_TRUE(verify_ear(to_base64url(cwt), keys)) << crypto::name(algorithm);
    EXPECT_TRUE(verify_ear(sign_ear(affirming(), key, {}, {.algorithm = algorithm}).value(), keys));
    EXPECT_EQ(verify_ear_cwt(cwt, std::span(keys).first(1)).error().code, Errc::untrusted_verifier);
    EXPECT_EQ(verify_ear_cwt(cwt, {}).error().code, Errc::untrusted_verifier);
  }
}

TEST(EarCwt, AnAlgorithmThatIsNotTheKeysIsRefused) {
  const auto refused = sign_ear_cwt(affirming(), new_key(), {.algorithm = crypto::SignatureAlgorithm::ps256});
  EXPECT_EQ(refused.error().code, Errc::unsupported_algorithm);
  EXPECT_EQ(sign_ear(affirming(), new_key(), {}, {.algorithm = crypto::SignatureAlgorithm::es384}).error().code,
            Errc::unsupported_algorithm);
}

TEST(EarCwt, EveryChangedOctetIsRefused) {
  const auto key = new_key();
  const std::array keys{key.public_key()};
  const Bytes good = sign_ear_cwt(affirming(), key).value();
  ASSERT_TRUE(verify_ear_cwt(good, keys));
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x01;
    EXPECT_FALSE(verify_ear_cwt(bad, keys)) << at;
    EXPECT_FALSE(verify_ear_cwt(ByteView(good).first(at), keys)) << at;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(verify_ear_cwt(longer, keys).error().code, Errc::trailing_bytes);
}

TEST(EarCwt, TagOfCwtMayBeAbsentThatOfCoseMayNot) {
  const auto key = new_key();
  const std::array keys{key.public_key()};
  const Bytes cwt = sign_ear_cwt(affirming(), key).value();
  EXPECT_TRUE(verify_ear_cwt(ByteView(cwt).subspan(2), keys));
  EXPECT_FALSE(verify_ear_cwt(ByteView(cwt).subspan(3), keys));
  const Bytes twice = cbor::Writer().tag(61).raw_item(cwt).take();
  EXPECT_FALSE(verify_ear_cwt(twice, keys));
}

TEST(EarCwt, KeyIdIsThatOfTheToken) {
  const auto key = new_key();
  const Ear ear = affirming();
  EXPECT_EQ(ear_key_id(to_base64url(sign_ear_cwt(ear, key, {.kid = "k"}).value())).value(), "k");
  EXPECT_EQ(ear_key_id(to_base64url(sign_ear_cwt(ear, key).value())).value(), std::nullopt);
  EXPECT_EQ(ear_key_id(sign_ear(ear, key, {}, {.kid = "j"}).value()).value(), "j");
  EXPECT_EQ(ear_key_id("no token").error().code, Errc::malformed);
}

TEST(EarCwt, WhatIsNoTokenIsRefused) {
  EXPECT_EQ(decode_ear("").error().code, Errc::truncated);
  EXPECT_EQ(decode_ear("+").error().code, Errc::malformed);
  EXPECT_EQ(decode_ear_cwt({}).error().code, Errc::truncated);
}

}  // namespace
}  // namespace credence::rats
