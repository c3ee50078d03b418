#include "service/access/jwt.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "sign/jose/jwk.h"
#include "support/refusal.h"
#include "support/set_clocks.h"
#include "wire/json/json.h"

namespace credence::service::access {
namespace {

using crypto::KeyType;
using crypto::PrivateKey;

constexpr std::int64_t kNow = 1'700'000'000;

PrivateKey make_key(KeyType type = KeyType::ec_p256) { return PrivateKey::generate(type).value(); }

json::Object jwk_of(const PrivateKey& key, std::string_view kid) {
  json::Object jwk = jose::jwk_from_key(key.public_key()).value();
  jwk["kid"] = kid;
  return jwk;
}

std::string set_of(std::vector<json::Object> keys) {
  json::Array all;
  for (json::Object& key : keys) all.emplace_back(std::move(key));
  return json::to_text(json::Object{{"keys", std::move(all)}});
}

class JwtTest : public testing::Test {
 protected:
  // As Keycloak makes them.
  [[nodiscard]] static json::Object good_claims() {
    return {{"iss", "https://id.example/realms/veraison"},
            {"aud", json::Array{"account", "verifier"}},
            {"sub", "f1d2"},
            {"preferred_username", "anna"},
            {"exp", kNow + 300},
            {"iat", kNow - 10},
            {"realm_access", json::Object{{"roles", json::Array{"provisioner", "offline_access"}}}}};
  }
  [[nodiscard]] std::string token(const json::Object& claims) const {
    return jose::sign_jws(key, as_bytes(json::to_text(claims)), "k1").value();
  }
  [[nodiscard]] JwtBearer bearer() {
    return {config,
            std::make_shared<Jwks>(
                [this]() -> Result<std::string> {
                  ++reads;
                  if (away) return fail(Errc::unavailable, "away");
                  return served;
                },
                clock),
            clock};
  }

  PrivateKey key = make_key();
  std::string served = set_of({jwk_of(key, "k1")});
  bool away = false;
  int reads = 0;
  OidcConfig config{.issuer = "https://id.example/realms/veraison",
                    .audience = "verifier",
                    .jwks = {},
                    .ca_file = {},
                    .roles = {{"veraison admins", Role::manager}}};
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(kNow)));
};

// A22: of a clock that was set back none says whether it has expired.
TEST_F(JwtTest, KnowsNobodyByAClockThatWasSetBack) {
  test::SetClocks clocks{Timestamp(std::chrono::seconds(kNow))};
  const auto guarded = clocks.guarded();
  const JwtBearer bearer(config, std::make_shared<Jwks>([this]() -> Result<std::string> { return served; }, clock),
                         guarded);
  EXPECT_TRUE(bearer.check(token(good_claims())));
  clocks.step(-std::chrono::hours(1));
  test::expect_refused(bearer.check(token(good_claims())), Errc::clock_set_back, "3600 s behind what it had told");
  clocks.step(std::chrono::hours(1));
  EXPECT_TRUE(bearer.check(token(good_claims())));
}

TEST_F(JwtTest, KnowsTheBearer) {
  const Principal anna = bearer().check(token(good_claims())).value();
  EXPECT_EQ(anna.name, "oidc:f1d2/anna");
  EXPECT_EQ(anna.roles, Roles{Role::provisioner});
  EXPECT_EQ(anna.tenant, kDefaultTenant);
}

struct ClaimCase {
  std::string name;
  std::function<void(json::Object&)> change;
  std::string why;  // empty: it is good
};
void PrintTo(const ClaimCase& claims, std::ostream* out) { *out << claims.name; }

class Claims : public JwtTest, public testing::WithParamInterface<ClaimCase> {};
INSTANTIATE_TEST_SUITE_P(
    All, Claims,
    testing::Values(ClaimCase{"one_audience", [](auto& c) { c["aud"] = "verifier"; }, ""},
                    ClaimCase{"other_audience", [](auto& c) { c["aud"] = "account"; }, "is not for this verifier"},
                    ClaimCase{"longer_audience", [](auto& c) { c["aud"] = "verifier2"; }, "is not for this verifier"},
                    ClaimCase{"no_audience", [](auto& c) { c.erase("aud"); }, "is not for this verifier"},
                    ClaimCase{"audience_is_a_number", [](auto& c) { c["aud"] = 1; }, "is not for this verifier"},
                    ClaimCase{"other_issuer", [](auto& c) { c["iss"] = "https://id.example/realms/veraison/"; },
                              "another issuer"},
                    ClaimCase{"no_issuer", [](auto& c) { c.erase("iss"); }, "iss"},
                    ClaimCase{"no_subject", [](auto& c) { c.erase("sub"); }, "sub"},
                    ClaimCase{"no_expiry", [](auto& c) { c.erase("exp"); }, "has no exp"},
                    ClaimCase{"expiry_is_a_text", [](auto& c) { c["exp"] = "never"; }, "exp"},
                    ClaimCase{"expired_within_the_leeway", [](auto& c) { c["exp"] = kNow - 59; }, ""},
                    ClaimCase{"expired", [](auto& c) { c["exp"] = kNow - 60; }, "expired at 2023-11-14T22:12:20"},
                    ClaimCase{"expiry_out_of_range", [](auto& c) { c["exp"] = INT64_MAX; }, "exp is out of range"},
                    ClaimCase{"starts_within_the_leeway", [](auto& c) { c["nbf"] = kNow + 60; }, ""},
                    ClaimCase{"starts_later", [](auto& c) { c["nbf"] = kNow + 61; }, "is not valid before"},
                    ClaimCase{"issued_in_the_future", [](auto& c) { c["iat"] = kNow + 61; }, "issued in the future"},
                    ClaimCase{"tenant_is_a_number", [](auto& c) { c["tenant_id"] = 7; }, "tenant_id"}),
    [](const auto& example) { return example.param.name; });

TEST_P(Claims, AreChecked) {
  json::Object claims = good_claims();
  GetParam().change(claims);
  const auto checked = bearer().check(token(claims));
  EXPECT_EQ(checked.has_value(), GetParam().why.empty()) << (checked ? "" : checked.error().text());
  if (checked) return;
  EXPECT_EQ(checked.error().code, Errc::unauthorized);
  EXPECT_NE(checked.error().text().find(GetParam().why), std::string::npos) << checked.error().text();
}

TEST_F(JwtTest, TakesRolesAndTenantFromTheClaims) {
  json::Object claims = good_claims();
  claims["roles"] = json::Array{"veraison admins", 7};
  claims["scope"] = "openid reader email";
  claims["tenant_id"] = "acme";
  const Principal anna = bearer().check(token(claims)).value();
  EXPECT_EQ(anna.roles, (Roles{Role::provisioner, Role::manager, Role::reader}));
  EXPECT_EQ(anna.tenant, "acme");
  claims["realm_access"] = "provisioner";
  claims.erase("roles");
  claims["scope"] = "readers";
  EXPECT_TRUE(bearer().check(token(claims)).value().roles.empty());
}

// RFC 8725 sections 3.1 and 3.2.
TEST_F(JwtTest, LetsTheKeyDecideTheAlgorithm) {
  const PrivateKey rsa = make_key(KeyType::rsa);
  served = set_of({jwk_of(rsa, "k1")});  // without "alg": RS256
  const std::string payload = json::to_text(good_claims());
  const auto signed_with = [&](crypto::SignatureAlgorithm algorithm) {
    const std::string header = R"({"alg":")" + std::string(crypto::name(algorithm)) + R"(","kid":"k1"})";
    const std::string input = to_base64url(as_bytes(header)) + "." + to_base64url(as_bytes(payload));
    return input + "." + to_base64url(rsa.sign(algorithm, as_bytes(input)).value());
  };
  EXPECT_TRUE(bearer().check(signed_with(crypto::SignatureAlgorithm::rs256)));
  const auto refused = bearer().check(signed_with(crypto::SignatureAlgorithm::ps256));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, "the token is signed with another algorithm than its key is for");
}

TEST_F(JwtTest, RefusesWhatItsKeyDidNotSign) {
  const auto refuse = [&](const std::string& text, std::string_view why) {
    const auto checked = bearer().check(text);
    ASSERT_FALSE(checked) << text;
    EXPECT_EQ(checked.error().code, Errc::unauthorized) << checked.error().text();
    EXPECT_NE(checked.error().text().find(why), std::string::npos) << checked.error().text();
  };
  std::string altered = token(good_claims());
  const std::size_t middle = altered.find('.') + 5;
  altered[middle] = altered[middle] == 'A' ? 'B' : 'A';
  refuse(altered, "has a signature that is not good");
  refuse(jose::sign_jws(make_key(), as_bytes(json::to_text(good_claims())), "k1").value(),
         "signature that is not good");
  refuse(jose::sign_jws(key, as_bytes(json::to_text(good_claims())), "k2").value(), "does not have");
  const std::string none = to_base64url(as_bytes(R"({"alg":"none","kid":"k1"})")) + "." +
                           to_base64url(as_bytes(json::to_text(good_claims()))) + ".";
  refuse(none, "alg");
  refuse("not.a.token", "header");
  refuse("", "three parts");
  refuse(std::string(9'000, 'a'), "at most 8192");
  EXPECT_TRUE(bearer().check(token(good_claims())));
}

TEST_F(JwtTest, NeedsAKidOnlyWhereThereIsAChoice) {
  const std::string without = jose::sign_jws(key, as_bytes(json::to_text(good_claims()))).value();
  EXPECT_TRUE(bearer().check(without));
  served = set_of({jwk_of(key, "k1"), jwk_of(make_key(), "k2")});
  EXPECT_EQ(bearer().check(without).error().why, "the token names no key, and the identity provider has several");
}

TEST_F(JwtTest, FollowsARotationAndIsNotDrivenByStrangers) {
  const JwtBearer known = bearer();
  ASSERT_TRUE(known.check(token(good_claims())));
  EXPECT_EQ(reads, 1);
  const PrivateKey next = make_key();
  const std::string new_token = jose::sign_jws(next, as_bytes(json::to_text(good_claims())), "k2").value();
  served = set_of({jwk_of(next, "k2")});
  EXPECT_FALSE(known.check(new_token));  // too soon to look again
  EXPECT_EQ(reads, 1);
  clock->advance(Jwks::kPause);
  EXPECT_TRUE(known.check(new_token));
  EXPECT_EQ(reads, 2);
  EXPECT_FALSE(known.check(token(good_claims())));  // its key is gone
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(known.check(jose::sign_jws(next, {}, std::to_string(i)).value()));
  EXPECT_EQ(reads, 2);
}

TEST_F(JwtTest, UsesOldKeysForAWhileAndNotForEver) {
  const JwtBearer known = bearer();
  json::Object claims = good_claims();
  claims["exp"] = kNow + 86'400;
  ASSERT_TRUE(known.check(token(claims)));
  away = true;
  clock->advance(Jwks::kFresh);
  EXPECT_TRUE(known.check(token(claims)));
  EXPECT_EQ(reads, 2);
  clock->advance(Jwks::kUsable - Jwks::kFresh);
  const auto refused = known.check(token(claims));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_NE(refused.error().why.find("cannot be read"), std::string::npos);
}

TEST_F(JwtTest, SaysWhenItWouldHaveToRead) {
  const JwtBearer known = bearer();
  http::Request request;
  request.headers.emplace_back("Authorization", "Bearer " + token(good_claims()));
  EXPECT_TRUE(known.is_slow(request));
  ASSERT_TRUE(known.identify(request).value());
  EXPECT_FALSE(known.is_slow(request));
  EXPECT_FALSE(known.is_slow({}));
  EXPECT_EQ(known.identify({}).value(), std::nullopt);
}

TEST(Jwks, PassesOverWhatIsNoKeyForSignatures) {
  const PrivateKey key = make_key();
  json::Object encryption = jwk_of(make_key(), "e");
  encryption["use"] = "enc";
  json::Object secret{{"kty", "oct"}, {"k", "AAAA"}, {"kid", "s"}};
  const auto keys = parse_jwks(set_of({encryption, secret, jwk_of(key, "k1")})).value();
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].kid, "k1");
  EXPECT_EQ(parse_jwks(set_of({encryption})).error().code, Errc::missing_member);
  EXPECT_EQ(parse_jwks("[]").error().code, Errc::unexpected_type);
  EXPECT_EQ(parse_jwks(set_of(std::vector<json::Object>(65, jwk_of(key, "k")))).error().code, Errc::too_large);
}

}  // namespace
}  // namespace credence::service::access
