#include "service/verifier/revocations_api.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/endorsed.h"
#include "support/open_router.h"
#include "verifier/store/memory/store.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

const std::string kPath = "/endorsement-provisioning/v1/revocations";

class RevocationsApiTest : public testing::Test {
 protected:
  [[nodiscard]] http::Response call(http::Method method, const std::string& path, const std::string& body = {},
                                    std::string content_type = "application/json") const {
    http::Request request;
    request.method = method;
    request.target = http::parse_target(path).value();
    if (!content_type.empty()) request.headers = {{"Content-Type", std::move(content_type)}};
    request.body = to_bytes(as_bytes(body));
    return test::open_router(RevocationsApi(store, clock, no_log())).handle(std::move(request));
  }
  [[nodiscard]] json::Value list() const { return json::parse(call(http::Method::get, kPath).body).value(); }

  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(Seconds(1'790'000'000)));
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
};

constexpr std::string_view kKid = R"({"kind": "kid", "value": "01ab", "reason": "stolen"})";

TEST_F(RevocationsApiTest, KeepsListsAndLiftsAnEntry) {
  const http::Response made = call(http::Method::post, kPath, std::string(kKid));
  ASSERT_EQ(made.status, http::kCreated) << made.body;
  const json::Value entry = json::parse(made.body).value();
  EXPECT_EQ(entry.at("kind"), "kid");
  EXPECT_EQ(entry.at("since"), 1'790'000'000);
  const std::string id(entry.at("id").as_string());
  EXPECT_EQ(list().at("revocations").as_array().size(), 1U);
  EXPECT_EQ(list().at("revocations").at(0), entry);
  EXPECT_FALSE(
      store->deny_list().value()->check(verifier::AttesterIdentity{.keys = {}, .kid = {1, 0xab}, .instance = {}}));

  // The same thing again: one entry, and the first reason stays.
  const http::Response again =
      call(http::Method::post, kPath, R"({"kind": "kid", "value": "01AB", "reason": "another"})");
  EXPECT_EQ(again.status, http::kOk);
  EXPECT_EQ(list().at("revocations").as_array().size(), 1U);
  EXPECT_EQ(list().at("revocations").at(0).at("reason"), "stolen");

  EXPECT_EQ(call(http::Method::remove, kPath + "/" + id).status, http::kNoContent);
  EXPECT_TRUE(store->deny_list().value()->empty());
  EXPECT_EQ(call(http::Method::remove, kPath + "/" + id).status, http::kNotFound);
}

TEST_F(RevocationsApiTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(call(http::Method::post, kPath, std::string(kKid), "text/plain").status, http::kUnsupportedMediaType);
  EXPECT_EQ(call(http::Method::post, kPath, "{").status, http::kBadRequest);
  EXPECT_EQ(call(http::Method::post, kPath, R"({"kind": "kid", "value": "01"})").status, http::kBadRequest);
  EXPECT_EQ(call(http::Method::post, kPath, R"({"kind": "all", "value": "01", "reason": "x"})").status,
            http::kBadRequest);
  EXPECT_TRUE(list().at("revocations").as_array().empty());
}

// A25: in the table of operations, which the tests of the front hold against every role.
TEST(RevocationOperations, AreTheProvisionersAndAudited) {
  for (const auto operation : {Operation::add_revocation, Operation::remove_revocation}) {
    EXPECT_FALSE(row_of(operation).permission.everybody);
    EXPECT_EQ(row_of(operation).effect, Effect::changes);
  }
  EXPECT_FALSE(row_of(Operation::list_revocations).permission.everybody);
}

}  // namespace
}  // namespace credence::service
