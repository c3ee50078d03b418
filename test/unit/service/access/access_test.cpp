#include "service/access/access.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/http/problem.h"

namespace credence::service::access {
namespace {

// Knows callers by the value of one header.
class ByHeader final : public Method {
 public:
  ByHeader(std::string header, Principal principal, std::string challenge)
      : header_(std::move(header)), principal_(std::move(principal)), challenge_(std::move(challenge)) {}

  [[nodiscard]] Result<std::optional<Principal>> identify(const http::Request& request) const override {
    TRY(const auto value, request.header(header_));
    if (!value) return std::nullopt;
    if (*value == "away") return fail(Errc::unavailable, "the directory is away");
    if (*value != "good") return fail(Errc::unauthorized, "wrong " + header_);
    return principal_;
  }
  [[nodiscard]] std::string challenge() const override { return challenge_; }

 private:
  std::string header_;
  Principal principal_;
  std::string challenge_;
};

constexpr Permission kProvision{.roles = {Role::provisioner}};
constexpr Permission kVerify{.roles = {Role::relying_party}};

http::Request request_with(std::vector<std::pair<std::string, std::string>> headers) {
  http::Request request;
  request.headers = std::move(headers);
  return request;
}

class AccessTest : public testing::Test {
 protected:
  [[nodiscard]] Access access() const { return Access(parts); }
  // The status of the answer, or 0 when the caller is let in.
  [[nodiscard]] unsigned status(const http::Request& request, const Permission& permission) const {
    const auto admitted = access().admit(request, permission);
    return admitted ? 0 : admitted.error().response.status;
  }

  std::shared_ptr<const Method> first =
      std::make_shared<ByHeader>("First", Principal{.name = "anna", .roles = {Role::provisioner}}, "First realm=\"x\"");
  std::shared_ptr<const Method> second = std::make_shared<ByHeader>(
      "Second", Principal{.name = "bob", .roles = {Role::reader}, .tenant = "acme"}, "Second realm=\"x\"");
  std::shared_ptr<const Method> silent =
      std::make_shared<ByHeader>("Third", Principal{.name = "carl", .roles = {Role::provisioner}}, "");
  Access::Parts parts{};
};

TEST_F(AccessTest, KnowsTheCallerByAnyMethod) {
  parts.methods = {first, second};
  const auto anna = access().admit(request_with({{"First", "good"}}), kProvision);
  ASSERT_TRUE(anna);
  EXPECT_EQ(anna->name, "anna");
  EXPECT_EQ(anna->tenant, kDefaultTenant);
  const auto bob = access().admit(request_with({{"Second", "good"}}), {.roles = {Role::manager, Role::reader}});
  ASSERT_TRUE(bob);
  EXPECT_EQ(bob->tenant, "acme");
}

TEST_F(AccessTest, RefusesTheRoleThatTheCallerLacks) {
  parts.methods = {first, second};
  const auto refused = access().admit(request_with({{"Second", "good"}}), kProvision);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().response.status, http::kForbidden);
  EXPECT_EQ(refused.error().who, "bob");
  EXPECT_EQ(refused.error().reason, "this resource is for the roles provisioner; the caller has reader");
  EXPECT_NE(refused.error().response.body.find(refused.error().reason), std::string::npos);
}

// RFC 9110 section 15.5.2.
TEST_F(AccessTest, ChallengesWithEveryMethod) {
  parts.methods = {first, silent, second};
  for (const auto& headers : {std::vector<std::pair<std::string, std::string>>{}, {{"First", "bad"}}}) {
    const auto refused = access().admit(request_with(headers), kProvision);
    ASSERT_FALSE(refused);
    const http::Response& response = refused.error().response;
    EXPECT_EQ(response.status, http::kUnauthorized);
    ASSERT_EQ(response.headers.size(), 3U);
    EXPECT_EQ(response.headers[0], (std::pair<std::string, std::string>("Content-Type", "application/problem+json")));
    EXPECT_EQ(response.headers[1], (std::pair<std::string, std::string>("WWW-Authenticate", "First realm=\"x\"")));
    EXPECT_EQ(response.headers[2], (std::pair<std::string, std::string>("WWW-Authenticate", "Second realm=\"x\"")));
  }
  parts.methods = {silent};
  EXPECT_EQ(status(request_with({}), kProvision), http::kForbidden);
  EXPECT_EQ(status(request_with({{"Third", "good"}}), kProvision), 0U);
}

TEST_F(AccessTest, LeavesVerificationOpenUnlessToldOtherwise) {
  parts.methods = {first};
  EXPECT_EQ(status(request_with({}), kVerify), 0U);
  EXPECT_EQ(status(request_with({{"First", "good"}}), kVerify), 0U);  // what anybody may do
  EXPECT_EQ(status(request_with({}), kProvision), http::kUnauthorized);
  parts.anonymous = {};
  EXPECT_EQ(status(request_with({}), kVerify), http::kUnauthorized);
  EXPECT_EQ(status(request_with({}), kEverybody), 0U);
}

// A tenant whose token has expired must not be served as the default tenant.
TEST_F(AccessTest, ServesNobodyWhoMeansToBeSomebody) {
  parts.methods = {first};
  EXPECT_EQ(status(request_with({{"First", "bad"}}), kVerify), http::kUnauthorized);
  EXPECT_EQ(status(request_with({{"First", "bad"}}), kEverybody), http::kUnauthorized);
  EXPECT_EQ(status(request_with({{"First", "good"}, {"First", "good"}}), kProvision), http::kBadRequest);
  EXPECT_EQ(status(request_with({{"Authorization", "Digest x"}}), kVerify), http::kUnauthorized);
  parts.methods = {};
  EXPECT_EQ(status(request_with({{"Authorization", "Digest x"}}), kVerify), 0U);  // nobody is known here
}

TEST_F(AccessTest, SlowsDownWhoGuesses) {
  const auto clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)));
  parts.methods = {first};
  parts.failures = std::make_shared<RateLimit>(Rate{.per_second = 0.1, .burst = 2}, clock);
  const http::Request bad = request_with({{"First", "bad"}});
  const Access shared = access();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(shared.admit(bad, kProvision).error().response.status, http::kUnauthorized);
  const http::Response refused = shared.admit(bad, kProvision).error().response;
  EXPECT_EQ(refused.status, http::kTooManyRequests);
  EXPECT_EQ(refused.headers.back(), (std::pair<std::string, std::string>("Retry-After", "10")));
  // One who guesses behind a shared address does not lock out the others.
  EXPECT_TRUE(shared.admit(request_with({{"First", "good"}}), kProvision));
  EXPECT_EQ(shared.admit(request_with({}), kProvision).error().response.status, http::kUnauthorized);
}

TEST_F(AccessTest, TellsTroubleFromRefusal) {
  parts.methods = {first};
  EXPECT_EQ(status(request_with({{"First", "away"}}), kProvision), http::kServiceUnavailable);
}

TEST_F(AccessTest, LetsAnyMethodKnowWhatAnotherDoesNot) {
  parts.methods = {first, second};
  EXPECT_EQ(status(request_with({{"First", "bad"}, {"Second", "good"}}), {.roles = {Role::reader}}), 0U);
}

TEST_F(AccessTest, IsClosedWithoutAMethod) {
  const auto refused = access().admit(request_with({{"Host", "localhost"}}), kProvision);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().response.status, http::kForbidden);
  EXPECT_NE(refused.error().reason.find("this resource is closed"), std::string::npos);
}

// Loopback without a token: what comes through a proxy or a browser is not of this machine.
TEST_F(AccessTest, IsOpenToDirectLocalCallersOnly) {
  parts.open_to_local_callers = true;
  for (const std::string host : {"localhost", "LOCALHOST:8443", "127.0.0.1", "127.8.9.1:1", "[::1]", "[::1]:8443"})
    EXPECT_EQ(status(request_with({{"Host", host}}), kProvision), 0U) << host;
  for (const std::string host : {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8443",
                                 "128.0.0.1", "127.1", "10.0.0.1:8443", "[::2]", "::1", "user@localhost"}) {
    const auto refused = access().admit(request_with({{"Host", host}}), kProvision);
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().response.status, http::kForbidden) << host;
    EXPECT_NE(refused.error().reason.find("Host: expected localhost"), std::string::npos) << refused.error().reason;
  }
  EXPECT_EQ(status(request_with({}), kProvision), http::kForbidden);
  for (const std::string name : {"Forwarded", "X-Forwarded-For", "x-forwarded-proto", "Via", "X-Real-IP", "Origin",
                                 "origin", "Sec-Fetch-Site"}) {
    const auto refused = access().admit(request_with({{"Host", "localhost"}, {name, ""}}), kProvision);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().response.status, http::kForbidden) << name;
    EXPECT_NE(refused.error().reason.find("got the header " + name), std::string::npos) << refused.error().reason;
    EXPECT_NE(refused.error().reason.find("--provisioning-token"), std::string::npos) << refused.error().reason;
  }
}

TEST(Roles, AreNamedAsInTheDocuments) {
  for (const Role role : {Role::relying_party, Role::provisioner, Role::manager, Role::reader, Role::auditor})
    EXPECT_EQ(role_from_name(name(role)), role);
  EXPECT_EQ(role_from_name("Provisioner"), std::nullopt);
  EXPECT_EQ(role_from_name(""), std::nullopt);
  EXPECT_EQ((Roles{Role::reader, Role::relying_party}).text(), "relying-party, reader");
  EXPECT_EQ(Roles().text(), "");
}

}  // namespace
}  // namespace credence::service::access
