#include "service/verifier/front.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/hash.h"
#include "service/access/bearer_token.h"
#include "service/http/problem.h"
#include "support/set_clocks.h"
#include "support/temporary_directory.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using access::Role;

class FrontTest : public testing::Test {
 protected:
  FrontTest() {
    parts.access = std::make_shared<const access::Access>(access::Access::Parts{.methods = {tokens()}});
    parts.clock = clock;
  }
  [[nodiscard]] static std::shared_ptr<const access::Method> tokens() {
    const auto entry = [](std::string_view token, access::Principal principal) {
      return access::BearerTokens::Entry{
          .digest = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(token)).value(),
          .principal = std::move(principal)};
    };
    return std::make_shared<const access::BearerTokens>(
        std::vector{entry("prov", {.name = "anna", .roles = {Role::provisioner}}),
                    entry("read", {.name = "bob", .roles = {Role::reader}, .tenant = "acme"})});
  }
  void keep_audit_log() { parts.audit = audit::Log::open(file, clock).value(); }

  // One operation as the router calls it.
  [[nodiscard]] http::Response call(Operation operation, std::string_view token,
                                    std::string_view client = "127.0.0.1") {
    if (!front) front = std::make_shared<Front>(parts);
    const OperationRow& row = row_of(operation);
    http::Request request;
    request.client = client;
    request.local = client.starts_with("127.");
    request.path_parameters = {"0123"};
    request.headers.emplace_back("Host", "localhost");
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + std::string(token));
    if (auto refused = front->guard(row)(request)) return *std::move(refused);
    request.body = {1, 2, 3};
    return front->audited(row, [this](const http::Request&) {
      lines_at_work = lines();
      return http::Response{.status = answer, .refused = why_refused};
    })(request);
  }
  [[nodiscard]] std::vector<json::Object> lines() const {
    std::vector<json::Object> all;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) all.push_back(json::parse(line).value().as_object());
    return all;
  }
  [[nodiscard]] static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return {};
  }

  const test::TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "audit.log";
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)));
  Front::Parts parts;
  std::shared_ptr<Front> front;
  unsigned answer = http::kNoContent;
  std::string why_refused;
  std::vector<json::Object> lines_at_work;
};

TEST_F(FrontTest, WritesAChangeDownBeforeItIsDone) {
  keep_audit_log();
  EXPECT_EQ(call(Operation::delete_corim, "prov").status, http::kNoContent);
  ASSERT_EQ(lines_at_work.size(), 1U);
  EXPECT_EQ(lines_at_work[0].at("outcome").as_string(), "begun");
  const auto written = lines();
  ASSERT_EQ(written.size(), 2U);
  for (const json::Object& line : written) {
    EXPECT_EQ(line.at("action").as_string(), "delete_corim");
    EXPECT_EQ(line.at("principal").as_string(), "anna");
    EXPECT_EQ(line.at("tenant").as_string(), "default");
    EXPECT_EQ(line.at("client").as_string(), "127.0.0.1");
    EXPECT_EQ(line.at("object").as_string(),
              "0123 sha256:039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
  }
  EXPECT_EQ(written[1].at("outcome").as_string(), "done");
  EXPECT_EQ(written[1].at("status").as_int64(), 204);
  answer = http::kConflict;
  EXPECT_EQ(call(Operation::delete_corim, "prov").status, http::kConflict);
  EXPECT_EQ(lines().back().at("outcome").as_string(), "failed");
}

// Veraison's provisioning has a status of success for it.
TEST_F(FrontTest, WritesDownWhatIsRefusedInASuccess) {
  keep_audit_log();
  answer = http::kOk;
  why_refused = "untrusted_chain: nobody signed it";
  EXPECT_EQ(call(Operation::submit_corim, "prov").status, http::kOk);
  auto written = lines();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[0].at("outcome").as_string(), "begun");
  EXPECT_EQ(written[1].at("outcome").as_string(), "refused");
  EXPECT_EQ(written[1].at("principal").as_string(), "anna");
  EXPECT_EQ(written[1].at("status").as_int64(), 200);
  EXPECT_EQ(written[1].at("reason").as_string(), why_refused);
  why_refused.clear();
  EXPECT_EQ(call(Operation::submit_corim, "prov").status, http::kOk);
  written = lines();
  ASSERT_EQ(written.size(), 4U);
  EXPECT_EQ(written[3].at("outcome").as_string(), "done");
  EXPECT_FALSE(written[3].contains("reason"));
}

TEST_F(FrontTest, WritesRefusalsDownAndNoSecret) {
  keep_audit_log();
  EXPECT_EQ(call(Operation::delete_corim, "").status, http::kUnauthorized);
  EXPECT_EQ(call(Operation::delete_corim, "s3cret").status, http::kUnauthorized);
  EXPECT_EQ(call(Operation::delete_corim, "read").status, http::kForbidden);
  const auto written = lines();
  ASSERT_EQ(written.size(), 3U);
  for (const json::Object& line : written) EXPECT_EQ(line.at("outcome").as_string(), "refused");
  EXPECT_EQ(written[1].at("status").as_int64(), 401);
  EXPECT_EQ(written[2].at("principal").as_string(), "bob");
  EXPECT_EQ(written[2].at("reason").as_string(), "this resource is for the roles provisioner; the caller has reader");
  for (const json::Object& line : written) EXPECT_EQ(json::to_text(line).find("s3cret"), std::string::npos);
}

TEST_F(FrontTest, DoesNotWriteDownWhatChangesNothingNorSessionIds) {
  keep_audit_log();
  EXPECT_EQ(call(Operation::list_corims, "prov").status, http::kNoContent);
  EXPECT_EQ(call(Operation::get_session, "").status, http::kNoContent);
  EXPECT_TRUE(lines().empty());
  EXPECT_EQ(call(Operation::delete_submission, "prov").status, http::kNoContent);
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(json::to_text(lines()[0]).find("0123"), std::string::npos);
}

// Fail closed: who fills the disk does not get to act unseen.
TEST_F(FrontTest, ChangesNothingWhenTheAuditLogCannotBeWritten) {
  keep_audit_log();
  EXPECT_EQ(call(Operation::delete_corim, "prov").status, http::kNoContent);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);  // nothing can be appended any more
  lines_at_work.clear();
  const http::Response refused = call(Operation::delete_corim, "prov");
  EXPECT_EQ(refused.status, http::kServiceUnavailable);
  EXPECT_NE(refused.body.find("the audit log cannot be written"), std::string::npos);
  EXPECT_TRUE(lines_at_work.empty());
  EXPECT_EQ(call(Operation::list_corims, "prov").status, http::kNoContent);  // looking is not refused
}

// A22. What is refused for the clock changes nothing; the log tells of it once, and not here.
TEST_F(FrontTest, RefusesWhatNeedsAClockThatIsRight) {
  keep_audit_log();
  test::SetClocks clocks(clock->now());
  parts.clock = clocks.guarded();
  for (const bool right : {true, false, true}) {
    clocks.step(right ? Seconds(0) : -Seconds(1'000));
    for (const Operation operation : {Operation::new_session, Operation::submit_corim}) {
      const http::Response response = call(operation, operation == Operation::submit_corim ? "prov" : "");
      EXPECT_EQ(response.status, right ? http::kNoContent : http::kServiceUnavailable) << row_of(operation).name;
      if (right) continue;
      EXPECT_EQ(header(response, "Retry-After"), "1");
      EXPECT_EQ(header(response, "Content-Type"), "application/problem+json");
      EXPECT_NE(response.body.find("clock_set_back: the clock here is 1000 s behind what it had told: set it"),
                std::string::npos)
          << response.body;
    }
    for (const Operation operation : {Operation::list_corims, Operation::add_revocation, Operation::deactivate_corim})
      EXPECT_EQ(call(operation, "prov").status, http::kNoContent) << row_of(operation).name;
    if (!right) clocks.step(Seconds(1'000));
  }
  const auto written = lines();
  std::size_t refused = 0;
  for (const json::Object& line : written) refused += line.at("outcome").as_string() == "refused" ? 1 : 0;
  ASSERT_EQ(refused, 1U);  // what would have changed something, by whom
  const auto line =
      std::ranges::find_if(written, [](const auto& one) { return one.at("outcome").as_string() == "refused"; });
  EXPECT_EQ(line->at("action").as_string(), "submit_corim");
  EXPECT_EQ(line->at("principal").as_string(), "anna");
  EXPECT_EQ(line->at("status").as_int64(), 503);
}

// Who may not do it learns nothing of the clock.
TEST_F(FrontTest, AsksWhoItIsBeforeTheClock) {
  test::SetClocks clocks(clock->now());
  parts.clock = clocks.guarded();
  clocks.step(-Seconds(1'000));
  EXPECT_EQ(call(Operation::submit_corim, "").status, http::kUnauthorized);
  EXPECT_EQ(call(Operation::submit_corim, "read").status, http::kForbidden);
  EXPECT_EQ(call(Operation::submit_corim, "prov").status, http::kServiceUnavailable);
}

TEST_F(FrontTest, BoundsTheLinesOfAFlood) {
  parts.rates.refusal_lines = {.per_second = 1, .burst = 2};
  keep_audit_log();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(call(Operation::delete_corim, "").status, http::kUnauthorized);
  EXPECT_EQ(lines().size(), 2U);
  clock->advance(std::chrono::seconds(1));
  EXPECT_EQ(call(Operation::delete_corim, "").status, http::kUnauthorized);
  ASSERT_EQ(lines().size(), 3U);
  EXPECT_NE(lines()[2].at("reason").as_string().find("; 8 refusals before this one have no line"),
            boost::json::string::npos);
}

TEST_F(FrontTest, LimitsAnAddressAndAPrincipal) {
  parts.rates.client = {.per_second = 1, .burst = 2};
  parts.rates.principal = {.per_second = 0.1, .burst = 3};
  for (int i = 0; i < 2; ++i) EXPECT_EQ(call(Operation::get_session, "", "192.0.2.1").status, http::kNoContent);
  const http::Response refused = call(Operation::get_session, "", "192.0.2.1");
  EXPECT_EQ(refused.status, http::kTooManyRequests);
  EXPECT_EQ(header(refused, "Retry-After"), "1");
  EXPECT_NE(refused.body.find("too many requests from this address"), std::string::npos);
  EXPECT_EQ(call(Operation::get_session, "", "192.0.2.2").status, http::kNoContent);

  for (const std::string_view from : {"127.0.0.1", "127.0.0.2", "192.0.2.3"})
    EXPECT_EQ(call(Operation::list_corims, "prov", from).status, http::kNoContent) << from;
  const http::Response slow = call(Operation::list_corims, "prov");
  EXPECT_EQ(slow.status, http::kTooManyRequests);
  EXPECT_EQ(header(slow, "Retry-After"), "10");
  EXPECT_NE(slow.body.find("too many requests of this principal"), std::string::npos);
  EXPECT_EQ(call(Operation::list_corims, "read").status, http::kNoContent);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(call(Operation::get_session, "").status, http::kNoContent);  // nobody's own
}

}  // namespace
}  // namespace credence::service
