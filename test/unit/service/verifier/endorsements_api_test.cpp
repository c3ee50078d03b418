#include "service/verifier/endorsements_api.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "rats/elm/query.h"
#include "service/audit/log.h"
#include "service/http/concise_problem.h"
#include "service/verifier/provisioning_api.h"
#include "support/endorsed.h"
#include "support/evidence_maker.h"
#include "support/open_router.h"
#include "support/set_clocks.h"
#include "support/temporary_directory.h"
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
  ProvisioningApi::Parts parts{
      .store = verifier::memory_store(),
      .signers = {.insecure_unsigned = true},
      .sessions = std::make_shared<ProvisioningSessions>(
          clock, crypto::system_random(), nullptr,
          [clock = clock] { return std::chrono::steady_clock::time_point(clock->now().time_since_epoch()); }),
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

TEST_F(EndorsementsApiTest, TellsWhatIsOffAllTheSame) {
  veraison.comids[0].id = std::string("first");
  const std::string first = provision(veraison);
  rats::Corim correction = veraison;
  correction.id = correction.comids[0].id = std::string("second");
  correction.comids[0].linked_tags = {{.id = std::string("first"), .relation = rats::kTagReplaces}};
  const std::string second = provision(correction);
  const std::string off = R"({"deactivated":[")" + first + R"(/comid/first"]})";
  for (const auto& answer : {call(http::Method::post, "corim/" + second + "/deactivate"),
                             call(http::Method::post, "corim/" + first + "/activate"),
                             query("activate", {std::get<std::string>(veraison.id)})}) {
    EXPECT_EQ(answer.status, http::kOk);
    EXPECT_EQ(answer.body, off);
  }
  // Once it is off nothing else is turned off, and what is active has nothing that is off.
  EXPECT_EQ(call(http::Method::remove, "corim/" + second).status, http::kNoContent);
  cbor::Writer comid;
  comid.map(1).unsigned_integer(3).array(1).array(2).unsigned_integer(0).text("first");
  EXPECT_EQ(
      call(http::Method::post, "activate", comid.take(), {{"Content-Type", std::string(rats::kElmMediaType)}}).status,
      http::kNoContent);
  EXPECT_EQ(call(http::Method::post, "corim/" + first + "/activate").status, http::kNoContent);
  const std::string again = provision(correction);
  const http::Response removed = call(http::Method::remove, "corim/" + again);
  EXPECT_EQ(removed.status, http::kOk);
  EXPECT_EQ(removed.body, off);
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

// A22: set back since whoever is in front of it has looked, before the body came or while the CoRIM waited.
TEST_F(EndorsementsApiTest, StoresNothingByAClockThatWasSetBack) {
  test::SetClocks clocks(clock->now());
  parts.clock = clocks.guarded();
  clocks.step(-std::chrono::hours(1));
  const http::Response refused = submit(keys);
  EXPECT_EQ(refused.status, http::kServiceUnavailable);
  EXPECT_NE(refused.body.find("clock_set_back: the clock here is 3600 s behind"), std::string::npos) << refused.body;

  http::Response later = submit(keys, "respond-async");
  ASSERT_EQ(later.status, http::kCreated);
  const auto location =
      std::ranges::find(later.headers, "Location", [](const auto& header) { return header.first; })->second;
  for (int i = 0; i < 2'000 && !later.body.contains("\"failed\""); ++i) {
    later = call(http::Method::get, location.substr(kBase.size()));
    ASSERT_EQ(later.status, http::kOk) << later.body;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_NE(later.body.find(kServiceFailed), std::string::npos) << later.body;
  EXPECT_FALSE(knows_the_device());
  clocks.step(std::chrono::hours(1));
  EXPECT_EQ(submit(keys).status, http::kOk);
  EXPECT_TRUE(knows_the_device());
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

// Submissions that are answered before they are done, by somebody whom the audit log knows.
class LaterSubmissions : public EndorsementsApiTest {
 protected:
  // The session once it is over.
  [[nodiscard]] std::string outcome_of(const rats::Corim& corim, const std::function<void()>& meanwhile = [] {}) const {
    http::Request request;
    request.method = http::Method::post;
    request.client = "192.0.2.1";
    request.principal = {.name = "anna", .tenant = "acme"};
    request.headers = {{"Content-Type", "application/rim+cbor; profile=\"" + corim.profile.value() + "\""},
                       {"Prefer", "respond-async"}};
    request.body = rats::encode_corim(corim).value();
    const http::Response accepted = ProvisioningApi(parts).submit(request);
    EXPECT_EQ(accepted.status, http::kCreated) << accepted.body;
    std::string session;
    for (const auto& [name, value] : accepted.headers)
      if (name == "Location") session = value.substr(kBase.size());
    EXPECT_FALSE(session.empty());
    meanwhile();
    http::Response state = call(http::Method::get, session);
    for (int i = 0; i < 2'000 && state.body.contains("\"processing\""); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      state = call(http::Method::get, session);
    }
    EXPECT_FALSE(text().contains(session.substr(session.find('/') + 1)));
    return state.body;
  }
  [[nodiscard]] std::string text() const {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  // "outcome reason" of each line from `first` on, all of them about this CoRIM.
  [[nodiscard]] std::vector<std::string> lines(const rats::Corim& corim, std::size_t first) const {
    const Bytes octets = rats::encode_corim(corim).value();
    const std::string object = "sha256:" + to_hex(crypto::digest(crypto::HashAlgorithm::sha256, octets).value().view());
    std::ifstream stream(file);
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) {
      if (first > 0) {
        --first;
        continue;
      }
      const json::Object entry = json::parse(line).value().as_object();
      for (const auto& [member, value] :
           std::vector<std::pair<std::string_view, std::string>>{{"action", "finish_submission"},
                                                                 {"principal", "anna"},
                                                                 {"tenant", "acme"},
                                                                 {"client", "192.0.2.1"},
                                                                 {"object", object}})
        EXPECT_EQ(entry.at(member).as_string(), value);
      all.emplace_back(entry.at("outcome").as_string());
      if (const auto* reason = entry.if_contains("reason")) all.back() += " " + std::string(reason->as_string());
    }
    return all;
  }

  const test::TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "audit.log";
};

TEST_F(LaterSubmissions, AreWrittenDownByHowTheyEnded) {
  parts.audit = audit::Log::open(file, clock).value();
  const std::string stored = outcome_of(keys);
  EXPECT_TRUE(stored.contains("\"success\"")) << stored;
  EXPECT_EQ(lines(keys, 0), (std::vector<std::string>{"begun", "done"}));

  rats::Corim expired = veraison;
  expired.validity = rats::Validity{.not_before = {}, .not_after = clock->now() - std::chrono::seconds(1)};
  const json::Value refused = json::parse(outcome_of(expired)).value();
  EXPECT_EQ(refused.at("status").as_string(), "failed");
  const std::string why(refused.at("failure-reason").as_string());
  EXPECT_TRUE(why.contains("expired")) << why;
  EXPECT_EQ(lines(expired, 2), (std::vector<std::string>{"begun", "refused " + why}));

  parts.store = std::make_shared<test::BrokenStore>("disk full");
  EXPECT_FALSE(outcome_of(veraison).contains("disk full"));
  EXPECT_EQ(lines(veraison, 4),
            (std::vector<std::string>{"begun", "failed the service failed; its log says why. Submit again"}));
  EXPECT_TRUE(audit::verify(std::vector{file}));
}

TEST_F(LaterSubmissions, AreNotStoredWithoutALine) {
  parts.audit = audit::Log::open(file, clock).value();
  EXPECT_TRUE(outcome_of(veraison).contains("\"success\""));
  std::ofstream(file, std::ios::app) << "somebody else's\n";
  const std::string refused = outcome_of(keys);
  EXPECT_TRUE(refused.contains("nothing was done: the audit log cannot be written")) << refused;
  EXPECT_EQ(parts.store->list().value().size(), 1U);
  parts.audit.reset();  // none is kept
  EXPECT_TRUE(outcome_of(keys).contains("\"success\""));
  EXPECT_EQ(parts.store->list().value().size(), 2U);
}

TEST_F(LaterSubmissions, AreWrittenDownWhenTheyHaveWaitedForTooLong) {
  parts.audit = audit::Log::open(file, clock).value();
  std::promise<void> begun, may;
  ASSERT_TRUE(parts.sessions->open("c", [&](const auto&) {
    begun.set_value();
    may.get_future().wait();
    return SubmissionOutcome{};
  }));
  begun.get_future().wait();
  const json::Value failed = json::parse(outcome_of(keys, [&] {
                               clock->advance(kLongestWait + std::chrono::milliseconds(1));
                               may.set_value();
                             })).value();
  EXPECT_EQ(failed.at("status").as_string(), "failed");
  const std::string why(failed.at("failure-reason").as_string());
  EXPECT_TRUE(why.contains("nothing was done: the submission waited for its turn for 240 s")) << why;
  EXPECT_EQ(lines(keys, 0), (std::vector<std::string>{"begun", "failed " + why}));
  EXPECT_FALSE(knows_the_device());
  EXPECT_TRUE(outcome_of(keys).contains("\"success\""));
}

class ThrowingClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { throw std::runtime_error("a bug"); }
};

TEST_F(LaterSubmissions, EndWithAnExceptionAndTheNextOneIsDone) {
  parts.audit = audit::Log::open(file, clock).value();
  parts.clock = std::make_shared<ThrowingClock>();
  const std::string failed = outcome_of(keys);
  EXPECT_TRUE(failed.contains("\"failed\"")) << failed;
  EXPECT_FALSE(failed.contains("a bug")) << failed;
  EXPECT_EQ(lines(keys, 0),
            (std::vector<std::string>{"begun", "failed the service failed; its log says why. Submit again"}));
  EXPECT_FALSE(knows_the_device());
  parts.clock = clock;
  EXPECT_TRUE(outcome_of(keys).contains("\"success\""));
  EXPECT_EQ(lines(keys, 2), (std::vector<std::string>{"begun", "done"}));
  EXPECT_TRUE(knows_the_device());
}

TEST_F(EndorsementsApiTest, GoesOnAfterWorkThatThrows) {
  const auto outcome_of = [&](ProvisioningSessions::Work work) {
    const std::string id = parts.sessions->open("c", std::move(work)).value().id;
    for (int i = 0; i < 2'000; ++i) {
      const SubmissionOutcome outcome = parts.sessions->find(id).value().outcome;
      if (outcome.status != SubmissionStatus::processing) return outcome;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return SubmissionOutcome{};
  };
  const auto failed = outcome_of([](const auto&) -> SubmissionOutcome { throw std::runtime_error("a bug"); });
  EXPECT_EQ(failed.status, SubmissionStatus::failed);
  EXPECT_EQ(failed.reason, kServiceFailed);
  const auto done = outcome_of([](const auto&) {
    return SubmissionOutcome{.status = SubmissionStatus::success, .duplicate = false, .corim = "c", .reason = {}};
  });
  EXPECT_EQ(done.status, SubmissionStatus::success);
  EXPECT_EQ(done.corim, "c");
}

// Stands still until it is let go.
class HeldClock final : public Clock {
 public:
  explicit HeldClock(std::shared_future<void> free) : free_(std::move(free)) {}
  [[nodiscard]] Timestamp now() const override {
    free_.wait();
    return Timestamp(std::chrono::seconds(1'000));
  }

 private:
  std::shared_future<void> free_;
};

TEST_F(EndorsementsApiTest, EndsWithSubmissionsThatWait) {
  std::promise<void> free;
  parts.clock = std::make_shared<HeldClock>(free.get_future().share());
  EXPECT_EQ(submit(keys, "respond-async").status, http::kCreated);
  EXPECT_EQ(submit(veraison, "respond-async").status, http::kCreated);
  const std::weak_ptr<ProvisioningSessions> left = parts.sessions;
  const std::jthread opener([&] {
    for (int i = 0; i < 1'000 && !left.expired(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    free.set_value();
  });
  parts.sessions.reset();  // waits for what is under way
  EXPECT_TRUE(left.expired());
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
