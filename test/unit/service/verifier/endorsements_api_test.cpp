#include "service/verifier/endorsements_api.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "crypto/random.h"
#include "rats/elm/query.h"
#include "service/http/concise_problem.h"
#include "service/verifier/provisioning_api.h"
#include "support/endorsed.h"
#include "support/evidence_maker.h"
#include "support/open_router.h"
#include "verifier/store/memory/store.h"
#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

const std::string kBase = "/endorsement-provisioning/v1/";

class EndorsementsApiTest : public testing::Test {
 protected:
  [[nodiscard]] http::Response call(http::Method method, const std::string& path, Bytes body = {},
                                    std::vector<std::pair<std::string, std::string>> headers = {}) const {
    http::Request request;
    request.method = method;
    request.target = http::parse_target(kBase + path).value();
    request.headers = std::move(headers);
    request.body = std::move(body);
    return test::open_router(ProvisioningApi(parts)).handle(std::move(request));
  }
  [[nodiscard]] http::Response submit(const rats::Corim& corim, std::string prefer = "") const {
    std::vector<std::pair<std::string, std::string>> headers = {
        {"Content-Type", "application/rim+cbor; profile=\"" + corim.profile.value() + "\""}};
    if (!prefer.empty()) headers.emplace_back("Prefer", prefer);
    return call(http::Method::post, "submit", rats::encode_corim(corim).value(), headers);
  }
  // Of the CoRIM that the submission stored.
  [[nodiscard]] std::string provision(const rats::Corim& corim) const {
    const json::Value answer = json::parse(submit(corim).body).value();
    return std::string(json::required_text(*answer.if_object(), "corim").value());
  }
  [[nodiscard]] bool knows_the_device() const {
    return test::trust_anchor(*parts.store, Kid(maker.kid())).value() != nullptr;
  }
  [[nodiscard]] http::Response query(const std::string& verb, const std::vector<std::string>& corims) const {
    cbor::Writer writer;
    writer.map(1).unsigned_integer(3).array(corims.size());
    for (const std::string& corim : corims) writer.array(2).unsigned_integer(2).text(corim);
    return call(http::Method::post, verb, writer.take(), {{"Content-Type", std::string(rats::kElmMediaType)}});
  }

  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)));
  ProvisioningApi::Parts parts{.store = verifier::memory_store(),
                               .signers = {},
                               .sessions = std::make_shared<ProvisioningSessions>(clock, crypto::system_random()),
                               .clock = clock};
  test::EvidenceMaker maker;
  rats::Corim veraison = evidence::tpm::veraison_corim(maker.endorsement()).value();
  rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
};

TEST_F(EndorsementsApiTest, ListsAndReturnsWhatWasSubmitted) {
  const std::string id = provision(keys);
  const json::Value list = json::parse(call(http::Method::get, "corim").body).value();
  const json::Array& corims = list.at("corims").as_array();
  ASSERT_EQ(corims.size(), 1U);
  EXPECT_EQ(corims[0].at("id").as_string(), id);
  EXPECT_EQ(corims[0].at("profile").as_string(), keys.profile.value());
  EXPECT_TRUE(corims[0].at("active").as_bool());
  EXPECT_FALSE(corims[0].at("signed").as_bool());

  const http::Response corim = call(http::Method::get, "corim/" + id);
  EXPECT_EQ(corim.status, http::kOk);
  EXPECT_EQ(to_bytes(as_bytes(corim.body)), rats::encode_corim(keys).value());
  EXPECT_EQ(corim.headers.front().second, "application/rim+cbor; profile=\"" + keys.profile.value() + "\"");
  EXPECT_EQ(call(http::Method::get, "corim", {}, {{"Accept", "text/html"}}).status, http::kNotAcceptable);
}

TEST_F(EndorsementsApiTest, DeactivatesActivatesAndRemovesOne) {
  const std::string id = provision(keys);
  ASSERT_TRUE(knows_the_device());
  EXPECT_EQ(call(http::Method::post, "corim/" + id + "/deactivate").status, http::kNoContent);
  EXPECT_FALSE(knows_the_device());
  EXPECT_EQ(call(http::Method::post, "corim/" + id + "/activate").status, http::kNoContent);
  EXPECT_TRUE(knows_the_device());
  EXPECT_EQ(call(http::Method::remove, "corim/" + id).status, http::kNoContent);
  EXPECT_FALSE(knows_the_device());
  for (const auto& gone : {call(http::Method::remove, "corim/" + id), call(http::Method::get, "corim/" + id),
                           call(http::Method::post, "corim/" + id + "/activate")}) {
    EXPECT_EQ(gone.status, http::kNotFound);
    EXPECT_NE(gone.body.find("no CoRIM with id " + id), std::string::npos) << gone.body;
  }
}

TEST_F(EndorsementsApiTest, FollowsAQuery) {
  static_cast<void>(provision(veraison));
  static_cast<void>(provision(keys));
  const std::vector both = {std::get<std::string>(veraison.id), std::get<std::string>(keys.id)};
  EXPECT_EQ(query("deactivate", both).status, http::kNoContent);
  EXPECT_FALSE(knows_the_device());
  EXPECT_EQ(query("deactivate", both).status, http::kNoContent);  // idempotent
  // Atomic: what names a CoRIM that is not there changes nothing.
  const http::Response refused = query("activate", {both[0], "another"});
  EXPECT_EQ(refused.status, http::kNotFound);
  EXPECT_EQ(refused.headers.back().second, http::kConciseProblem);
  cbor::Reader reader(as_bytes(refused.body));
  ASSERT_TRUE(reader.map());
  EXPECT_EQ(reader.integer().value(), -1);
  EXPECT_EQ(reader.text().value(), "Not Found");
  EXPECT_EQ(reader.integer().value(), -2);
  EXPECT_NE(reader.text().value().find("no stored CoRIM has the id \"another\""), std::string::npos);
  EXPECT_FALSE(knows_the_device());
  EXPECT_EQ(query("activate", both).status, http::kNoContent);
  EXPECT_TRUE(knows_the_device());
}

// The example of Veraison's document: one key, by its instance.
TEST_F(EndorsementsApiTest, DeactivatesOneKeyByItsInstance) {
  static_cast<void>(provision(keys));
  const auto about_the_key = [&](const std::string& verb, ByteView instance) {
    cbor::Writer writer;
    writer.map(3).unsigned_integer(0).text(keys.profile.value()).unsigned_integer(1).unsigned_integer(0);
    writer.unsigned_integer(2).map(1).unsigned_integer(1).array(1).array(1).tag(rats::kTagBytes).bytes(instance);
    return call(http::Method::post, verb, writer.take(), {{"Content-Type", std::string(rats::kElmMediaType)}});
  };
  ASSERT_TRUE(knows_the_device());
  EXPECT_EQ(about_the_key("deactivate", Bytes(33, 1)).status, http::kNotFound);
  EXPECT_TRUE(knows_the_device());
  EXPECT_EQ(about_the_key("deactivate", maker.kid()).status, http::kNoContent);
  EXPECT_FALSE(knows_the_device());
  const json::Value list = json::parse(call(http::Method::get, "corim").body).value();
  EXPECT_TRUE(list.at("corims").at(0).at("active").as_bool());
  EXPECT_EQ(list.at("corims").at(0).at("deactivated").as_int64(), 1);
  EXPECT_EQ(about_the_key("activate", maker.kid()).status, http::kNoContent);
  EXPECT_TRUE(knows_the_device());
}

TEST_F(EndorsementsApiTest, RefusesToSubmitWhatWasDeactivated) {
  const std::string id = provision(keys);
  EXPECT_TRUE(submit(keys).body.contains("\"success\""));
  EXPECT_EQ(call(http::Method::post, "corim/" + id + "/deactivate").status, http::kNoContent);
  const http::Response refused = submit(keys);
  EXPECT_EQ(refused.status, http::kOk);
  EXPECT_TRUE(refused.body.contains("\"failed\"")) << refused.body;
  EXPECT_TRUE(refused.body.contains("was deactivated: activate " + id)) << refused.body;
}

TEST_F(EndorsementsApiTest, RefusesWhatIsNoQuery) {
  EXPECT_EQ(call(http::Method::post, "activate", {0xa0}, {{"Content-Type", std::string(rats::kElmMediaType)}}).status,
            http::kBadRequest);
  EXPECT_EQ(call(http::Method::post, "activate", {0xa0}, {{"Content-Type", "application/cbor"}}).status,
            http::kUnsupportedMediaType);
}

TEST_F(EndorsementsApiTest, TellsTheOutcomeLaterWhenAskedTo) {
  const http::Response accepted = submit(keys, "wait=10, respond-async");
  EXPECT_EQ(accepted.status, http::kCreated);
  EXPECT_NE(accepted.body.find("\"processing\""), std::string::npos) << accepted.body;
  std::string location;
  for (const auto& [name, value] : accepted.headers)
    if (name == "Location") location = value;
  ASSERT_TRUE(location.starts_with(kBase + "session/")) << location;
  const std::string session = location.substr(kBase.size());

  http::Response state;
  for (int i = 0; i < 2'000 && !state.body.contains("\"success\""); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    state = call(http::Method::get, session);
    ASSERT_EQ(state.status, http::kOk);
  }
  EXPECT_TRUE(state.body.contains("\"success\"")) << state.body;
  EXPECT_TRUE(knows_the_device());
  EXPECT_EQ(call(http::Method::get, "submissions" + session.substr(session.find('/'))).body, state.body);
  EXPECT_EQ(call(http::Method::remove, session).status, http::kNoContent);
  EXPECT_EQ(call(http::Method::get, session).status, http::kNotFound);
  EXPECT_EQ(call(http::Method::remove, session).status, http::kNotFound);
}

TEST_F(EndorsementsApiTest, TellsAFailureLaterAndForgetsItInTime) {
  rats::Corim expired = keys;
  expired.validity = rats::Validity{.not_before = {}, .not_after = clock->now() - std::chrono::seconds(1)};
  const http::Response accepted = submit(expired, "respond-async");
  ASSERT_EQ(accepted.status, http::kCreated);
  std::string session;
  for (const auto& [name, value] : accepted.headers)
    if (name == "Location") session = value.substr(kBase.size());
  http::Response state;
  for (int i = 0; i < 2'000 && !state.body.contains("\"failed\""); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    state = call(http::Method::get, session);
  }
  EXPECT_TRUE(state.body.contains("expired")) << state.body;
  clock->advance(std::chrono::minutes(11));
  EXPECT_EQ(call(http::Method::get, session).status, http::kNotFound);
}

TEST_F(EndorsementsApiTest, TellsAFailingStoreFromAnAnswer) {
  parts.store = std::make_shared<test::BrokenStore>("disk full");
  EXPECT_EQ(call(http::Method::get, "corim").status, http::kInternalServerError);
  EXPECT_EQ(call(http::Method::remove, "corim/x").status, http::kInternalServerError);
  const http::Response refused = query("activate", {"x"});
  EXPECT_EQ(refused.status, http::kInternalServerError);
  EXPECT_FALSE(refused.body.contains("disk full"));
}

}  // namespace
}  // namespace credence::service
