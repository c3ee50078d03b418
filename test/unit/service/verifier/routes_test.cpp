#include "service/verifier/routes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/hash.h"
#include "service/access/bearer_token.h"
#include "support/set_clocks.h"

namespace credence::service {
namespace {

using access::Principal;
using access::Role;
using access::Roles;

constexpr std::string_view kOther = "acme";

http::Request request_for(const OperationRow& row, std::string_view token) {
  std::string path(row.pattern);
  if (const auto at = path.find("{}"); at != std::string::npos) path.replace(at, 2, "0");
  http::Request request;
  request.method = row.method;
  request.target = http::parse_target(path).value();
  request.headers.emplace_back("Host", "127.0.0.1");
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + std::string(token));
  return request;
}

access::BearerTokens::Entry token(std::string_view text, Roles roles, std::string_view tenant) {
  return {.digest = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(text)).value(),
          .principal = {.name = std::string(text), .roles = roles, .tenant = std::string(tenant)}};
}

// Two tenants that answer every operation with their names, and a caller for each role.
class RoutesTest : public testing::Test {
 protected:
  RoutesTest() {
    for (const auto role : {Role::relying_party, Role::provisioner, Role::manager, Role::reader, Role::auditor})
      entries.push_back(token(access::name(role), {role}, access::kDefaultTenant));
    entries.push_back(token("nobody", {}, access::kDefaultTenant));
    entries.push_back(token("theirs", Roles::all(), kOther));
    entries.push_back(token("stray", Roles::all(), "unknown"));
    for (const std::string_view tenant : {access::kDefaultTenant, kOther}) tenants.emplace(tenant, all_of(tenant));
  }
  [[nodiscard]] static Routes all_of(std::string_view tenant) {
    Routes routes;
    for (const OperationRow& row : operations()) {
      routes.add(row.operation, [tenant = std::string(tenant)](const http::Request& request) {
        return http::Response{.body = tenant + " for " + request.principal.name};
      });
    }
    return routes;
  }
  [[nodiscard]] Result<http::Router> router() const {
    access::Access::Parts parts;
    parts.methods = {std::make_shared<const access::BearerTokens>(entries)};
    return router_of(tenants,
                     std::make_shared<Front>(Front::Parts{.access = std::make_shared<const access::Access>(parts)}));
  }

  std::vector<access::BearerTokens::Entry> entries;
  Tenants tenants;
};

// Docs/verifier-api.md, "Who may do what", written down a second time: a row that is changed by mistake is seen here.
std::set<std::string, std::less<>> callers_of(std::string_view pattern, http::Method method) {
  if (pattern.starts_with("/.well-known/")) {
    return {"", "relying-party", "provisioner", "manager", "reader", "auditor", "nobody"};
  }
  // Open: what anybody may do, everybody may who says who it is.
  if (pattern.starts_with("/challenge-response/"))
    return {"", "relying-party", "provisioner", "manager", "reader", "auditor", "nobody"};
  // As open as appraisal is: what is approved, and what of it changed, is no secret from who may have evidence judged
  // by it.
  if (pattern.starts_with("/endorsement-distribution/") || pattern.starts_with("/change-feed/"))
    return {"", "relying-party", "provisioner", "manager", "reader", "auditor", "nobody"};
  const bool is_looking = pattern.starts_with("/endorsement-provisioning/v1/corim") ||
                          pattern == "/endorsement-provisioning/v1/revocations";
  if (is_looking && method == http::Method::get) return {"provisioner", "manager", "reader", "auditor"};
  if (pattern.starts_with("/management/") && method == http::Method::get) return {"manager", "reader", "auditor"};
  if (pattern.starts_with("/management/")) return {"manager"};
  if (pattern.starts_with("/endorsement-provisioning/")) return {"provisioner"};
  return {"a row that this test does not know"};
}

// A25: nothing is forgotten, since the table is all that there is.
TEST_F(RoutesTest, LetNobodyDoWhatIsNotItsRole) {
  const http::Router all = router().value();
  for (const OperationRow& row : operations()) {
    const auto callers = callers_of(row.pattern, row.method);
    for (const std::string_view caller :
         {"", "relying-party", "provisioner", "manager", "reader", "auditor", "nobody", "wrong"}) {
      const http::Response response = all.handle(request_for(row, caller));
      const unsigned expected = callers.contains(caller)              ? http::kOk
                                : caller.empty() || caller == "wrong" ? http::kUnauthorized
                                                                      : http::kForbidden;
      EXPECT_EQ(response.status, expected) << row.name << " by " << caller << ": " << response.body;
      if (expected == http::kOk) {
        EXPECT_EQ(response.body, "default for " + (caller.empty() ? "anonymous" : std::string(caller)));
      }
    }
  }
}

// The weak half of A25: with nobody in front, the same requests go through. What stops them above is the front alone.
TEST_F(RoutesTest, LetEverybodyDoEverythingWhenEverybodyHasEveryRole) {
  access::Access::Parts open{.methods = {}, .anonymous = Roles::all()};
  const http::Router all =
      router_of(tenants, std::make_shared<Front>(Front::Parts{.access = std::make_shared<const access::Access>(open)}))
          .value();
  for (const OperationRow& row : operations())
    EXPECT_EQ(all.handle(request_for(row, "")).status, http::kOk) << row.name;
}

// A22, written down a second time: what is looked at, and what takes trust away, is all that goes on.
TEST_F(RoutesTest, LeaveLittleToAVerifierWhoseClockWasSetBack) {
  const std::set<std::string_view> going_on = {"get_session",
                                               "delete_session",
                                               "get_submission",
                                               "get_submission_alias",
                                               "delete_submission",
                                               "delete_submission_alias",
                                               "list_corims",
                                               "get_corim",
                                               "deactivate_corim",
                                               "delete_corim",
                                               "deactivate_query",
                                               "list_revocations",
                                               "add_revocation",
                                               "get_active_policy",
                                               "get_policy",
                                               "list_policies",
                                               "discover_verification",
                                               "discover_provisioning",
                                               "discover_management",
                                               "get_result_keys",
                                               "discover_coserv",
                                               "follow_changes"};
  test::SetClocks clocks{Timestamp(std::chrono::seconds(1'000'000))};
  access::Access::Parts open{.methods = {}, .anonymous = Roles::all()};
  const http::Router all =
      router_of(tenants, std::make_shared<Front>(Front::Parts{.access = std::make_shared<const access::Access>(open),
                                                              .clock = clocks.guarded()}))
          .value();
  clocks.step(-std::chrono::hours(1));
  for (const OperationRow& row : operations()) {
    const http::Response response = all.handle(request_for(row, ""));
    EXPECT_EQ(response.status, going_on.contains(row.name) ? http::kOk : http::kServiceUnavailable) << row.name;
    if (response.status == http::kOk) continue;
    EXPECT_NE(response.body.find("clock_set_back: the clock here is 3600 s behind"), std::string::npos) << row.name;
  }
}

// A24: no operation takes more than its row says, and none is without a bound.
TEST_F(RoutesTest, BoundTheBodyOfEveryOperation) {
  const http::Router all = router().value();
  for (const OperationRow& row : operations()) {
    EXPECT_LE(row.body_limit, std::size_t{16} << 20) << row.name;
    http::Request request = request_for(row, "theirs");
    request.body.resize(row.body_limit + 1);
    EXPECT_EQ(all.handle(request).status, http::kContentTooLarge) << row.name;
    request.body.resize(row.body_limit);
    EXPECT_EQ(all.handle(request).status, http::kOk) << row.name;
  }
}

// A24: a few octets that stand for many are not unpacked; nor are they taken for what they are not.
TEST_F(RoutesTest, TakeNoBodyThatIsCoded) {
  const http::Router all = router().value();
  for (const OperationRow& row : operations()) {
    http::Request request = request_for(row, "theirs");
    EXPECT_EQ(all.handle(request).status, http::kOk) << row.name;
    request.headers.emplace_back("content-encoding", "gzip");
    const http::Response refused = all.handle(request);
    EXPECT_EQ(refused.status, http::kUnsupportedMediaType) << row.name;
    EXPECT_TRUE(
        std::ranges::contains(refused.headers, std::pair<std::string, std::string>("Accept-Encoding", "identity")));
  }
}

TEST_F(RoutesTest, KeepTenantsApart) {
  const http::Router all = router().value();
  for (const OperationRow& row : operations()) {
    EXPECT_EQ(all.handle(request_for(row, "theirs")).body, "acme for theirs") << row.name;
    EXPECT_EQ(all.handle(request_for(row, "stray")).status, http::kNotFound) << row.name;
  }
}

TEST_F(RoutesTest, DemandThatEveryTenantAnswersTheSame) {
  ASSERT_TRUE(router());
  Routes less;
  less.add(Operation::new_session, [](const http::Request&) { return http::Response{}; });
  tenants.insert_or_assign(std::string(kOther), less);
  const auto refused = router();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::internal);
  EXPECT_NE(refused.error().why.find("not answered for every tenant"), std::string::npos);
}

TEST(Operations, HaveOneRowEach) {
  std::set<std::string_view> names;
  std::set<std::pair<http::Method, std::string_view>> places;
  for (const OperationRow& row : operations()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(places.emplace(row.method, row.pattern).second) << row.name;
    EXPECT_EQ(&row_of(row.operation), &row);
  }
  EXPECT_EQ(row_of(Operation::submit_corim).name, "submit_corim");
}

}  // namespace
}  // namespace credence::service
