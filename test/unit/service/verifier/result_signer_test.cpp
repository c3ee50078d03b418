#include "service/verifier/result_signer.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "service/verifier/key_options.h"
#include "sign/jose/jwk.h"
#include "sign/jose/jws.h"
#include "support/certificate_files.h"
#include "support/refusal.h"
#include "support/vectors.h"

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
    const auto signer = ResultSigner::make({.current = {.key = key, .algorithm = algorithm}}, Timestamp());
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
      ResultSigner::make({.current = {.key = new_key(), .algorithm = crypto::SignatureAlgorithm::rs256}}, Timestamp());
  test::expect_refused(refused, Errc::configuration, "signing algorithm: ");
}

TEST(ResultSigner, RollsOverAtItsTime) {
  const crypto::PrivateKey first = new_key(), second = new_key(), before = new_key();
  const ResultSigner signer = ResultSigner::make({.current = {.key = first},
                                                  .next = SigningKey{.key = second},
                                                  .next_from = Timestamp(Seconds(1'000)),
                                                  .retired = {before.public_key()},
                                                  .longest_lifetime = Seconds(100)},
                                                 Timestamp())
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
      ResultSigner::make({.current = {.key = first}, .next = SigningKey{.key = second}}, Timestamp()).value();
  EXPECT_EQ(rats::ear_key_id(signer.sign(issued_at(Seconds(1'000'000))).value()).value(), kid_of(first));
  EXPECT_EQ(kids(signer.jwks(Timestamp(Seconds(1'000'000)))), (std::vector{kid_of(first), kid_of(second)}));
}

TEST(ResultSigner, RefusesAKeyInTwoPlaces) {
  const crypto::PrivateKey key = new_key();
  test::expect_refused(ResultSigner::make({.current = {.key = key}, .next = SigningKey{.key = key}}, Timestamp()),
                       Errc::configuration, "two places");
  test::expect_refused(ResultSigner::make({.current = {.key = key}, .retired = {key.public_key()}}, Timestamp()),
                       Errc::configuration, "two places");
}

// A verifier that exchanges its keys while it runs.
class ExchangedKeys : public testing::Test {
 protected:
  using Kids = std::vector<std::string>;

  static Timestamp at(int second) { return Timestamp(Seconds(second)); }
  [[nodiscard]] ResultKeys only(const crypto::PrivateKey& key) const {
    return {.current = {.key = key}, .longest_lifetime = Seconds(100)};
  }
  [[nodiscard]] ResultKeys with_next(const crypto::PrivateKey& key, const crypto::PrivateKey& next,
                                     std::optional<Timestamp> from = std::nullopt) const {
    ResultKeys keys = only(key);
    keys.next = SigningKey{.key = next};
    keys.next_from = from;
    return keys;
  }
  static ResultSigner after(const ResultSigner& before, ResultKeys keys, int now) {
    return ResultSigner::make_after(before, std::move(keys), at(now)).value();
  }
  // Who signs, and beside it what is named.
  static void expect(const ResultSigner& signer, int now, const Kids& expected) {
    EXPECT_EQ(rats::ear_key_id(signer.sign(issued_at(Seconds(now))).value()).value(), expected.front()) << now;
    EXPECT_EQ(kids(signer.jwks(at(now))), expected) << now;
  }

  const crypto::PrivateKey a = new_key(), b = new_key(), c = new_key();
  const std::string kid_a = kid_of(a), kid_b = kid_of(b), kid_c = kid_of(c);
};

TEST_F(ExchangedKeys, SignOnceRelyingPartiesKnowThemAndAreNamedUntilResultsExpire) {
  const ResultSigner signer = after(ResultSigner::make(only(a), at(0)).value(), only(b), 1'000);
  expect(signer, 1'000, {kid_a, kid_b});
  expect(signer, 1'059, {kid_a, kid_b});
  expect(signer, 1'060, {kid_b, kid_a});
  expect(signer, 1'159, {kid_b, kid_a});
  expect(signer, 1'160, {kid_b});
  EXPECT_EQ(signer.next_change(at(1'000)), at(1'060));
  EXPECT_EQ(signer.next_change(at(1'060)), std::nullopt);
}

// Whenever the configuration is read again.
TEST_F(ExchangedKeys, KeepTheirTimes) {
  ResultSigner signer = after(ResultSigner::make(only(a), at(0)).value(), only(b), 1'000);
  ResultKeys short_lived = only(b);
  short_lived.longest_lifetime = Seconds(1);
  for (const int again : {1'030, 1'060, 1'061, 1'100}) {
    signer = after(signer, short_lived, again);
    if (again < 1'060) expect(signer, 1'059, {kid_a, kid_b});
    expect(signer, 1'060, {kid_b, kid_a});
    expect(signer, 1'159, {kid_b, kid_a});
    expect(signer, 1'160, {kid_b});
  }
  expect(after(signer, only(b), 1'160), 1'160, {kid_b});
}

TEST_F(ExchangedKeys, SignAtOnceWhenTheyWereAnnounced) {
  ResultKeys keys = only(b);
  keys.retired = {a.public_key()};
  const ResultSigner signer = after(ResultSigner::make(with_next(a, b), at(0)).value(), keys, 1'000);
  expect(signer, 1'000, {kid_b, kid_a});
  expect(signer, 1'000'000, {kid_b, kid_a});  // as long as it is configured
  const ResultSigner announced = after(ResultSigner::make(only(a), at(0)).value(), with_next(a, b), 1'000);
  expect(announced, 1'000'000, {kid_a, kid_b});
  expect(after(announced, only(b), 1'020), 1'059, {kid_a, kid_b});
  expect(after(announced, only(b), 1'020), 1'060, {kid_b, kid_a});
}

// A start has announced them for no longer than it is ago, whatever was before.
TEST_F(ExchangedKeys, SignAMinuteAfterTheStartThatAnnouncedThem) {
  ResultKeys keys = with_next(a, b);
  keys.retired = {c.public_key()};
  const ResultSigner started = ResultSigner::make(keys, at(1'000)).value();
  expect(started, 1'000, {kid_a, kid_b, kid_c});
  for (const int reload : {1'001, 1'059}) {
    expect(after(started, only(b), reload), 1'059, {kid_a, kid_b});
    expect(after(started, only(b), reload), 1'060, {kid_b, kid_a});
    expect(after(started, only(c), reload), 1'059, {kid_a, kid_c});
  }
  expect(after(started, only(b), 1'060), 1'060, {kid_b, kid_a});
  // The one that signed at the start is known.
  const ResultSigner changed = ResultSigner::make(with_next(a, b, at(950)), at(1'000)).value();
  expect(after(changed, only(a), 1'001), 1'059, {kid_b, kid_a});
  expect(after(changed, only(b), 1'001), 1'001, {kid_b, kid_a});
}

// Whether the configuration names them as well, or not any more.
// A key that replaces a stolen one must not wait for the day that the clock was at when it was announced.
TEST_F(ExchangedKeys, SignAMinuteAfterAReloadByAClockThatIsRightAgain) {
  const ResultSigner started = ResultSigner::make(only(a), at(1'000)).value();
  const ResultSigner ahead = after(started, only(b), 90'000);
  expect(ahead, 90'059, {kid_a, kid_b});
  const ResultSigner right = after(ahead, only(b), 1'010);
  expect(right, 1'069, {kid_a, kid_b});
  expect(right, 1'070, {kid_b, kid_a});
}

TEST_F(ExchangedKeys, AreNamedAfterReloadsByAClockThatWasAhead) {
  ResultSigner signer = after(ResultSigner::make(only(a), at(0)).value(), only(b), 1'000);
  for (int reload = 0; reload < 3; ++reload) signer = after(signer, only(b), 90'000);
  expect(signer, 90'000, {kid_b});
  signer = after(signer, only(b), 1'100);
  expect(signer, 1'159, {kid_b, kid_a});
  expect(signer, 1'160, {kid_b});
}

TEST_F(ExchangedKeys, AreToldOfWhenTheyAreNew) {
  const ResultSigner started = ResultSigner::make(with_next(a, b), at(1'000)).value();
  ResultKeys keys = only(b);
  keys.retired = {c.public_key()};
  EXPECT_EQ(after(started, with_next(a, b), 1'001).new_kids(started, at(1'001)), Kids{});
  EXPECT_EQ(after(started, std::move(keys), 1'001).new_kids(started, at(1'001)), (Kids{kid_c, kid_b}));
  EXPECT_EQ(after(started, with_next(c, b), 1'001).new_kids(started, at(1'001)), Kids{kid_c});
  EXPECT_EQ(after(started, only(a), 1'001).new_kids(started, at(1'001)), Kids{});
}

TEST_F(ExchangedKeys, AreNamedUntilResultsExpireWhateverIsConfigured) {
  ResultKeys with_retired = only(b);
  with_retired.retired = {a.public_key()};
  const ResultSigner exchanged = after(ResultSigner::make(only(a), at(0)).value(), only(b), 1'000);
  const ResultSigner named = after(exchanged, with_retired, 1'070);
  expect(named, 1'000'000, {kid_b, kid_a});
  const ResultSigner gone = after(named, only(b), 1'080);
  expect(gone, 1'159, {kid_b, kid_a});
  expect(gone, 1'160, {kid_b});
  // It goes back, and names the one that signed as the next.
  const ResultSigner back = after(exchanged, with_next(a, b), 1'100);
  expect(back, 1'000'000, {kid_a, kid_b});
  const ResultSigner again = after(after(back, with_next(a, b), 1'105), only(a), 1'110);
  expect(again, 1'199, {kid_a, kid_b});
  expect(again, 1'200, {kid_a});
}

TEST_F(ExchangedKeys, MayBeTakenBack) {
  const ResultSigner first = ResultSigner::make(only(a), at(0)).value(), second = after(first, only(b), 1'000);
  // Before it signed, nobody needs it.
  expect(after(second, only(a), 1'030), 1'100, {kid_a});
  // Afterwards somebody does.
  const ResultSigner back = after(second, only(a), 1'100);
  expect(back, 1'100, {kid_a, kid_b});
  expect(back, 1'199, {kid_a, kid_b});
  expect(back, 1'200, {kid_a});
  // Once it was forgotten it is as good as new.
  expect(after(back, only(b), 1'300), 1'359, {kid_a, kid_b});
  expect(after(after(second, only(c), 1'100), only(a), 1'110), 1'110, {kid_a, kid_b});
}

TEST_F(ExchangedKeys, TakeOverAtTheTimeThatIsConfiguredAndNotBeforeTheyAreKnown) {
  const ResultSigner first = ResultSigner::make(only(a), at(0)).value();
  constexpr auto kTimes =
      std::to_array<std::pair<int, int>>({{500, 1'060}, {1'010, 1'060}, {1'060, 1'060}, {1'200, 1'200}});
  for (const auto& [configured, expected] : kTimes) {
    const ResultSigner signer = after(first, with_next(a, b, at(configured)), 1'000);
    expect(signer, expected - 1, {kid_a, kid_b});
    expect(signer, expected, {kid_b, kid_a});
    // ... and that time counts on.
    const ResultSigner again = after(signer, with_next(a, b, at(configured)), expected + 50);
    expect(again, expected + 99, {kid_b, kid_a});
    expect(again, expected + 100, {kid_b});
    // The next step, which the configuration takes when it comes to it.
    expect(after(again, only(b), expected + 50), expected + 99, {kid_b, kid_a});
  }
  // A third one, while the second is on its way.
  const ResultSigner third = after(after(first, only(b), 1'000), with_next(b, c, at(1'030)), 1'020);
  expect(third, 1'079, {kid_b, kid_a, kid_c});
  expect(third, 1'080, {kid_c, kid_a, kid_b});
}

TEST_F(ExchangedKeys, AreNotNamedWhenTheirConfigurationIsGone) {
  ResultKeys keys = with_next(a, b);
  keys.retired = {c.public_key()};
  const ResultSigner signer = after(ResultSigner::make(keys, at(0)).value(), keys, 1'000);
  expect(signer, 1'000, {kid_a, kid_b, kid_c});
  expect(after(signer, only(a), 1'001), 1'001, {kid_a});
}

TEST_F(ExchangedKeys, KeepTheirAlgorithm) {
  using enum crypto::SignatureAlgorithm;
  const crypto::PrivateKey rsa = new_key(crypto::KeyType::rsa);
  const auto with = [&](crypto::SignatureAlgorithm algorithm) {
    return ResultKeys{.current = {.key = rsa, .algorithm = algorithm}};
  };
  const ResultSigner before = ResultSigner::make(with(ps256), at(0)).value();
  EXPECT_TRUE(ResultSigner::make_after(before, with(ps256), at(1'000)));
  test::expect_refused(ResultSigner::make_after(before, with(rs256), at(1'000)), Errc::configuration,
                       "relying parties know this key with \"PS256\", got \"RS256\"");
  ResultKeys twice = with(ps256);
  twice.retired = {rsa.public_key()};
  test::expect_refused(ResultSigner::make_after(before, twice, at(1'000)), Errc::configuration, "two places");
}

class KeyOptionsTest : public testing::Test {
 protected:
  KeyOptionsTest() { options.signing_key = directory.path() / "ear.pem"; }
  Result<ResultSigner> open() {
    return open_result_signer(opener, options, Seconds(100), Timestamp(Seconds(0)), no_log());
  }
  Result<ResultSigner> reopen(const ResultSigner& before) {
    return reopen_result_signer(opener, options, before, Seconds(100), Timestamp(Seconds(0)));
  }

  test::TemporaryDirectory directory;
  KeyOptions options;
  SigningKeyOpener opener;
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

TEST_F(KeyOptionsTest, AreReadAgainAndNothingIsMade) {
  const ResultSigner before = open().value();
  const std::string old_half = test::read_text(options.signing_key + ".pub");
  EXPECT_EQ(kids(reopen(before).value().jwks({})), kids(before.jwks({})));
  // Another key in the same file.
  const auto exchanged = new_key();
  test::write_private_file(options.signing_key, as_text(exchanged.pem().view()));
  const ResultSigner after = reopen(before).value();
  EXPECT_EQ(kids(after.jwks({})).back(), kid_of(exchanged));
  EXPECT_EQ(kid_of(before.key({})), kids(after.jwks({})).front());
  EXPECT_EQ(test::read_text(options.signing_key + ".pub"), old_half);
  // What was read is what is published, whatever the file holds by now.
  test::write_private_file(options.signing_key, "no key");
  ASSERT_TRUE(publish_keys(opener, options));
  EXPECT_EQ(test::read_text(options.signing_key + ".pub"), exchanged.public_key().pem());
  EXPECT_EQ(test::read_text(options.signing_key + ".pub.old"), old_half);
  // A key that is lost is not replaced.
  std::filesystem::remove(options.signing_key);
  test::expect_refused(reopen(before), Errc::configuration, "got no file: only a start makes one");
  EXPECT_FALSE(std::filesystem::exists(options.signing_key));
  EXPECT_TRUE(open());
}

// Its public file names the new key after the exchange; the one beside it is right now and at each start.
TEST_F(KeyOptionsTest, TakeTheFormerHalfAsARetiredKeyAndNotTheOneThatChanges) {
  const ResultSigner before = open().value();
  const auto exchanged = new_key();
  test::write_private_file(options.signing_key, as_text(exchanged.pem().view()));
  options.retired_keys = {directory.path() / "." / "ear.pem.pub"};
  constexpr std::string_view kWhy = "got the file of the signing key's own";
  test::expect_refused(reopen(before), Errc::configuration, kWhy);
  test::expect_refused(open(), Errc::configuration, kWhy);
  const auto problems = check_keys(options);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].option, "retired-key");
  EXPECT_TRUE(problems[0].error.text().contains("ear.pem.pub.old")) << problems[0].error.text();
  std::filesystem::create_symlink(options.signing_key + ".pub", directory.path() / "link.pub");
  options.retired_keys = {directory.path() / "link.pub"};
  test::expect_refused(open(), Errc::configuration, kWhy);

  options.retired_keys = {options.signing_key + ".pub.old"};
  const std::vector expected{kid_of(exchanged), kid_of(before.key({}))};
  for (int start = 0; start < 2; ++start) EXPECT_EQ(kids(open().value().jwks({})), expected);
  EXPECT_EQ(kids(reopen(open().value()).value().jwks({})), expected);
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
