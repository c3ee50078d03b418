#include <gtest/gtest.h>

#include "base/text.h"
#include "rats/ear/ear.h"

namespace credence::rats {
namespace {

Ear ear() {
  Ear ear;
  ear.issued_at = Timestamp(Seconds(1'766'000'000));
  ear.verifier_developer = "D";
  ear.verifier_build = "B";
  ear.submodules["S"].status = Tier::affirming;
  return ear;
}

crypto::PrivateKey new_key(crypto::KeyType type = crypto::KeyType::ec_p256) {
  return crypto::PrivateKey::generate(type).value();
}

TEST(EarJwt, IsVerifiedWithOneOfTheGivenKeys) {
  const auto key = new_key();
  const std::string jwt = sign_ear(ear(), key).value();
  const std::array keys{new_key(crypto::KeyType::ec_p384).public_key(), new_key().public_key(), key.public_key()};
  EXPECT_TRUE(verify_ear(jwt, keys).value().is_affirming());
  EXPECT_EQ(decode_ear(jwt).value().verifier_developer, "D");
}

TEST(EarJwt, OfAnotherKeyIsRefused) {
  const std::string jwt = sign_ear(ear(), new_key()).value();
  const std::array keys{new_key().public_key(), new_key().public_key()};
  const Error error = verify_ear(jwt, keys).error();
  EXPECT_EQ(error.code, Errc::untrusted_verifier);
  EXPECT_EQ(error.why, "the result is signed by none of the 2 verifier keys that are trusted here");
  EXPECT_EQ(verify_ear(jwt, {}).error().code, Errc::untrusted_verifier);
}

TEST(EarJwt, WithChangedClaimsIsRefused) {
  const auto key = new_key();
  const std::array keys{key.public_key()};
  Ear refused = ear();
  refused.submodules["S"].status = Tier::contraindicated;
  const std::string good = sign_ear(ear(), key).value();
  const std::string bad = sign_ear(refused, key).value();
  const auto payload = [](std::string_view jwt) {
    return jwt.substr(jwt.find('.') + 1, jwt.rfind('.') - jwt.find('.') - 1);
  };
  std::string spliced = bad;
  spliced.replace(bad.find('.') + 1, payload(bad).size(), payload(good));
  EXPECT_TRUE(decode_ear(spliced).value().is_affirming());
  EXPECT_EQ(verify_ear(spliced, keys).error().code, Errc::untrusted_verifier);
  EXPECT_FALSE(verify_ear(bad, keys).value().is_affirming());
}

TEST(EarJwt, CarriesTheKeyIdThatIsGiven) {
  const auto key = new_key();
  EXPECT_EQ(jose::decode_jws(sign_ear(ear(), key).value()).value().kid, std::nullopt);
  const std::string jwt = sign_ear(ear(), key, EarSpelling::draft, {.kid = "key 1"}).value();
  EXPECT_EQ(jose::decode_jws(jwt).value().kid, "key 1");
  EXPECT_EQ(decode_ear(jwt).value().profile, "tag:ietf.org,2026:rats/ear#03");
}

TEST(EarJwt, WithoutASignatureAlgorithmIsRefused) {
  const std::string claims = json::to_text(ear_to_json(ear()));
  const std::string jwt = to_base64url(as_bytes(R"({"alg":"none"})")) + "." + to_base64url(as_bytes(claims)) + ".";
  EXPECT_FALSE(decode_ear(jwt));
  const std::array keys{new_key().public_key()};
  EXPECT_FALSE(verify_ear(jwt, keys));
}

TEST(EarJwt, WithAConfirmationKeyThatIsNoneIsNotSigned) {
  Ear made = ear();
  made.confirmation_key = Bytes{0};
  EXPECT_EQ(sign_ear(made, new_key()).error().path, "cnf");
}

}  // namespace
}  // namespace credence::rats
