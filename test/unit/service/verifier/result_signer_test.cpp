#include "service/verifier/result_signer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/text.h"
#include "service/verifier/key_options.h"
#include "sign/jose/jwk.h"
#include "sign/jose/jws.h"
#include "support/certificate_files.h"
#include "support/refusal.h"

namespace credence::service {
namespace {

crypto::PrivateKey new_key(crypto::KeyType type = crypto::KeyType::ec_p256) {
  return crypto::PrivateKey::generate(type).value();
}

rats::Ear issued_at(Seconds at) {
  rats::Ear ear;
  ear.issued_at = Timestamp(at);
  ear.verifier_developer = "D";
  ear.submodules["X"].status = rats::Tier::affirming;
  return ear;
}

std::string kid_of(const crypto::PrivateKey& key) { return jose::thumbprint(key.public_key()).value(); }

std::vector<std::string> kids(const json::Array& set) {
  std::vector<std::string> all;
  for (const json::Value& key : set) all.emplace_back(key.as_object().at("kid").as_string());
  return all;
}

TEST(ResultSigner, NamesItsKeyTheSameInTokenAndDiscovery) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const ResultSigner signer = ResultSigner::make(key).value();
  const json::Object jwk = signer.jwk(Timestamp());
  EXPECT_EQ(jwk.at("alg").as_string(), "ES256");
  EXPECT_EQ(signer.jwks(Timestamp()), json::Array{jwk});
  rats::Ear ear;
  ear.submodules["X"].status = rats::Tier::contraindicated;
  const auto token = jose::decode_jws(signer.sign(ear).value());
  ASSERT_TRUE(token) << token.error().text();
  EXPECT_EQ(token->kid, std::string(jwk.at("kid").as_string()));
}

TEST(ResultSigner, SignsWithTheAlgorithmOfItsKey) {
  using enum crypto::SignatureAlgorithm;
  using crypto::KeyType;
  const std::vector<std::pair<KeyType, std::optional<crypto::SignatureAlgorithm>>> kinds{
      {KeyType::ec_p256, {}}, {KeyType::ec_p384, {}}, {KeyType::ed25519, {}},
      {KeyType::rsa, {}},     {KeyType::rsa, rs256},  {KeyType::rsa, ps384}};
  for (const auto& [type, algorithm] : kinds) {
    const crypto::PrivateKey key = new_key(type);
    const auto signer = ResultSigner::make({.current = {.key = key, .algorithm = algorithm}});
    ASSERT_TRUE(signer) << signer.error().text();
    const std::string expected(crypto::name(algorithm.value_or(key.default_algorithm())));
    EXPECT_EQ(signer->jwk({}).at("alg").as_string(), expected);
    const std::array keys{key.public_key()};
    for (const ResultRequest& form : {ResultRequest{}, ResultRequest{.spelling = rats::EarSpelling::draft},
                                      ResultRequest{.spelling = rats::EarSpelling::draft, .as_cwt = true}}) {
      const std::string token = signer->sign(issued_at(Seconds(1)), form).value();
      EXPECT_TRUE(rats::verify_ear(token, keys)) << expected;
      EXPECT_EQ(rats::ear_key_id(token).value(), kid_of(key));
      if (!form.as_cwt) {
        EXPECT_EQ(crypto::name(jose::decode_jws(token).value().algorithm), expected);
      }
    }
    // What is published verifies too.
    const std::array published{jose::key_from_jwk(signer->jwk({})).value()};
    EXPECT_TRUE(rats::verify_ear(signer->sign(issued_at(Seconds(1))).value(), published));
  }
}

TEST(ResultSigner, RefusesAnAlgorithmThatIsNotTheKeysAtTheStart) {
  const auto refused =
      ResultSigner::make({.current = {.key = new_key(), .algorithm = crypto::SignatureAlgorithm::rs256}});
  test::expect_refused(refused, Errc::configuration, "signing algorithm: ");
}

TEST(ResultSigner, RollsOverAtItsTime) {
  const crypto::PrivateKey first = new_key(), second = new_key(), before = new_key();
  const ResultSigner signer = ResultSigner::make({.current = {.key = first},
                                                  .next = SigningKey{.key = second},
                                                  .next_from = Timestamp(Seconds(1'000)),
                                                  .retired = {before.public_key()},
                                                  .longest_lifetime = Seconds(100)})
                                  .value();
  const auto signed_by = [&](Seconds at) {
    return rats::ear_key_id(signer.sign(issued_at(at)).value()).value().value();
  };
  // Announced before it signs.
  EXPECT_EQ(signed_by(Seconds(999)), kid_of(first));
  EXPECT_EQ(kids(signer.jwks(Timestamp(Seconds(999)))), (std::vector{kid_of(first), kid_of(second), kid_of(before)}));
  EXPECT_EQ(std::string(signer.jwk(Timestamp(Seconds(999))).at("kid").as_string()), kid_of(first));
  // Named until what it signed has expired.
  EXPECT_EQ(signed_by(Seconds(1'000)), kid_of(second));
  EXPECT_EQ(kids(signer.jwks(Timestamp(Seconds(1'000)))), (std::vector{kid_of(second), kid_of(first), kid_of(before)}));
  EXPECT_EQ(kids(signer.jwks(Timestamp(Seconds(1'099)))).size(), 3U);
  EXPECT_EQ(kids(signer.jwks(Timestamp(Seconds(1'100)))), (std::vector{kid_of(second), kid_of(before)}));
}

TEST(ResultSigner, AnnouncesAKeyThatHasNoTimeYet) {
  const crypto::PrivateKey first = new_key(), second = new_key();
  const ResultSigner signer =
      ResultSigner::make({.current = {.key = first}, .next = SigningKey{.key = second}}).value();
  EXPECT_EQ(rats::ear_key_id(signer.sign(issued_at(Seconds(1'000'000))).value()).value(), kid_of(first));
  EXPECT_EQ(kids(signer.jwks(Timestamp(Seconds(1'000'000)))), (std::vector{kid_of(first), kid_of(second)}));
}

TEST(ResultSigner, RefusesAKeyInTwoPlaces) {
  const crypto::PrivateKey key = new_key();
  test::expect_refused(ResultSigner::make({.current = {.key = key}, .next = SigningKey{.key = key}}),
                       Errc::configuration, "two places");
  test::expect_refused(ResultSigner::make({.current = {.key = key}, .retired = {key.public_key()}}),
                       Errc::configuration, "two places");
}

class KeyOptionsTest : public testing::Test {
 protected:
  KeyOptionsTest() { options.signing_key = directory.path() / "ear.pem"; }
  Result<ResultSigner> open() { return open_result_signer(options, Seconds(100), Timestamp(Seconds(0)), no_log()); }

  test::TemporaryDirectory directory;
  KeyOptions options;
};

TEST_F(KeyOptionsTest, OpensAllKeys) {
  ASSERT_TRUE(open());
  options.next_signing_key = directory.path() / "next.pem";
  options.next_signing_key_from = "2026-12-01T00:00:00Z";
  const auto retired = new_key();
  options.retired_keys = {test::write_file(directory.path() / "old.pub", retired.public_key().pem())};
  const auto signer = open();
  ASSERT_TRUE(signer) << signer.error().text();
  EXPECT_EQ(signer->jwks(Timestamp()).size(), 3U);
  using namespace std::chrono;
  const Timestamp from = sys_days(2026y / December / 1d);
  EXPECT_NE(signer->jwk(from).at("kid"), signer->jwk(from - Seconds(1)).at("kid"));
}

TEST_F(KeyOptionsTest, NextKeyMayBeOfAnotherKind) {
  const auto rsa = new_key(crypto::KeyType::rsa);
  const auto file = test::write_file(directory.path() / "rsa.pem", as_text(rsa.pem().view()));
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  options.signing_key = file;
  options.signing_algorithm = "RS256";
  options.next_signing_key = directory.path() / "next.pem";
  const auto signer = open();
  ASSERT_TRUE(signer) << signer.error().text();
  EXPECT_EQ(signer->jwks(Timestamp())[0].as_object().at("alg").as_string(), "RS256");
  EXPECT_EQ(signer->jwks(Timestamp())[1].as_object().at("alg").as_string(), "ES256");
}

TEST_F(KeyOptionsTest, RefusesWhatCannotBe) {
  options.signing_algorithm = "HS256";
  test::expect_refused(open(), Errc::usage, "signing-algorithm");
  options.signing_algorithm = "RS256";
  test::expect_refused(open(), Errc::configuration, "signing algorithm");
  options.signing_algorithm = "ES256";
  options.next_signing_key_from = "2026-12-01T00:00:00Z";
  test::expect_refused(open(), Errc::usage, "expected a next-signing-key too");
  options.next_signing_key = directory.path() / "next.pem";
  for (const std::string_view wrong :
       {"tomorrow", "2026-12-01", "2026-12-01T00:00:00+01:00", "2026-12-01T00:00:00Zx"}) {
    options.next_signing_key_from = wrong;
    test::expect_refused(open(), Errc::usage, "next-signing-key-from");
  }
  options.next_signing_key_from.clear();
  options.retired_keys = {options.signing_key + ".none"};
  EXPECT_FALSE(open());
  options.retired_keys = {options.signing_key};  // the private half
  test::expect_refused(open(), Errc::configuration, "retired-key");
  options.retired_keys.clear();
  ASSERT_TRUE(open());
}

}  // namespace
}  // namespace credence::service
