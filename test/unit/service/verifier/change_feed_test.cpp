// The change feed over a real store and a real server.
#include "service/verifier/change_feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "evidence/tpm/endorsement.h"
#include "service/http/server.h"
#include "service/verifier/change_feed_api.h"
#include "support/endorsed.h"
#include "support/evidence_maker.h"
#include "support/open_router.h"
#include "support/running.h"
#include "support/temporary_directory.h"
#include "unit/service/http/raw_client.h"
#include "verifier/store/memory/store.h"
#include "verifier/store/sqlite/store.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::Running;

class ChangeFeedTest : public testing::Test {
 protected:
  [[nodiscard]] http::Response get(std::string_view target,
                                   std::vector<std::pair<std::string, std::string>> headers = {},
                                   std::size_t most_streams = 4) {
    const http::Router router = test::open_router(ChangeFeedApi(feed, most_streams));
    http::Request request;
    request.target = http::parse_target(target).value();
    request.headers = std::move(headers);
    return router.handle(std::move(request));
  }
  [[nodiscard]] json::Object json_of(std::string_view target) {
    const http::Response response = get(target);
    EXPECT_EQ(response.status, http::kOk) << response.body;
    return json::parse(response.body).value().as_object();
  }
  static std::string submit_to(verifier::Store& store) {
    const rats::Corim corim = evidence::tpm::keys_corim(test::EvidenceMaker().endorsement()).value();
    return store.submit(corim, rats::encode_corim(corim).value()).value().id;
  }
  std::string submit() { return submit_to(*store); }
  Result<verifier::LifecycleChange> deactivate(const std::string& id) {
    return store->set_active(std::span(&id, 1), false);
  }

  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  std::atomic<int> key = 0;
  std::shared_ptr<ChangeFeed> feed = std::make_shared<ChangeFeed>(
      ChangeFeed::Sources{.store = store, .keys = [this] { return std::to_string(key.load()); }});
};

constexpr std::string_view kChanges = "/change-feed/v1/changes";

std::string after(std::string_view position, std::string_view more = {}) {
  return std::string(kChanges) + "?after=" + std::string(position) + std::string(more);
}

TEST_F(ChangeFeedTest, TellsAPartOfACorimAsAnEndorsement) {
  using verifier::DocumentChange;
  const std::string part = submit() + "/comid/a";
  for (const auto event : {DocumentChange::Event::added, DocumentChange::Event::removed})
    ASSERT_TRUE(store->change(verifier::DocumentKind::deactivation, [&](const verifier::Documents&) {
      return std::vector<DocumentChange>{{.event = event, .id = part, .octets = {1}}};
    }));
  const json::Object news = json_of(after("1.0"));
  const json::Array& changes = news.at("changes").as_array();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].at("kind").as_string(), "endorsements");
  EXPECT_EQ(changes[0].at("event").as_string(), "deactivated");
  EXPECT_EQ(std::string_view(changes[0].at("id").as_string()), part);
  EXPECT_EQ(changes[1].at("event").as_string(), "activated");
}

TEST_F(ChangeFeedTest, SaysWhatHappenedSince) {
  const std::string start(json_of(kChanges).at("position").as_string());
  EXPECT_EQ(start, "0.0");
  const std::string id = submit();
  ASSERT_TRUE(deactivate(id));
  ASSERT_TRUE(store->change(verifier::DocumentKind::policy, [](const verifier::Documents&) {
    using verifier::DocumentChange;
    return std::vector<DocumentChange>{{.event = DocumentChange::Event::added, .id = "p", .octets = {1}}};
  }));
  key = 7;
  const json::Object news = json_of(after(start));
  EXPECT_EQ(news.at("position").as_string(), "3.7");
  EXPECT_FALSE(news.at("reset").as_bool());
  const json::Array& changes = news.at("changes").as_array();
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[0].at("kind").as_string(), "endorsements");
  EXPECT_EQ(changes[0].at("event").as_string(), "added");
  EXPECT_EQ(changes[1].at("event").as_string(), "deactivated");
  EXPECT_EQ(std::string_view(changes[1].at("id").as_string()), id);
  EXPECT_EQ(changes[2].at("kind").as_string(), "policies");
  EXPECT_EQ(changes[3].at("kind").as_string(), "keys");
  EXPECT_TRUE(json_of(after("3.7")).at("changes").as_array().empty());
}

TEST_F(ChangeFeedTest, SaysThatTheOptionsAreOthers) {
  std::string options = "9a", keys = "4f";
  const ChangeFeed ours({.store = store, .keys = [&] { return keys; }, .options = [&] { return options; }});
  const std::string start = ours.position();
  EXPECT_EQ(start, "0.4f-9a");
  EXPECT_TRUE(ours.since(start)->is_empty());
  options = "9b";
  const auto changed = ours.since(start);
  EXPECT_TRUE(changed->options);
  EXPECT_FALSE(changed->keys || changed->reset);
  EXPECT_EQ(changed->position, "0.4f-9b");
  EXPECT_TRUE(ours.since(changed->position)->is_empty());
  keys = "50";
  EXPECT_TRUE(ours.since(changed->position)->keys);
  EXPECT_FALSE(ours.since(changed->position)->options);
  // A verifier that does not tell of options says nothing about them: behind a load balancer it would be each time.
  EXPECT_TRUE(ours.since("0.50")->is_empty());
  EXPECT_EQ(ours.since("0.50")->position, "0.50-9b");
  EXPECT_TRUE(ours.since("0.50-9a")->options);
  // An instance of a store beside them.
  const ChangeFeed with_instance({.store = store, .options = [&] { return options; }, .instance = "i"});
  EXPECT_EQ(with_instance.position(), "0.0-9b.i");
  EXPECT_TRUE(with_instance.since("0.0-9b.i")->is_empty());
  EXPECT_TRUE(with_instance.since("0.0-9b.j")->reset);
}

TEST_F(ChangeFeedTest, TellsOfOptionsAsTheConfiguration) {
  feed = std::make_shared<ChangeFeed>(ChangeFeed::Sources{.store = store, .options = [] { return "9b"; }});
  const json::Object news = json_of(after("0.0-9a"));
  EXPECT_EQ(json::to_text(news.at("changes")), R"([{"kind":"configuration"}])");
  EXPECT_TRUE(json_of(after("0.0-9b")).at("changes").as_array().empty());
}

TEST_F(ChangeFeedTest, ResetsWhoCannotKnowEverything) {
  for (const std::string_view position : {"9.0", "", "x.0", "1", "-1.0", "1.0"})
    EXPECT_TRUE(json_of(after(position)).at("reset").as_bool()) << position;
  EXPECT_FALSE(json_of(after("0.0")).at("reset").as_bool());
}

// Its generations begin anew: one that is reached again means something else.
TEST_F(ChangeFeedTest, ResetsWhoFollowedAStoreThatIsGone) {
  const ChangeFeed before({.store = store, .instance = "a"});
  ASSERT_FALSE(before.since(before.position())->reset);
  submit();
  const ChangeFeed after({.store = store, .instance = "b"});
  EXPECT_TRUE(after.since(before.position())->reset);
  EXPECT_TRUE(after.since("1.0")->reset);
  EXPECT_FALSE(after.since("0.0.b")->reset);
  EXPECT_EQ(after.since("0.0.b")->changes.size(), 1U);
}

TEST_F(ChangeFeedTest, ResetsWhoMissedMoreThanItSays) {
  const std::string id = submit();
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(deactivate(id));
    ASSERT_TRUE(store->set_active(std::span(&id, 1), true));
  }
  EXPECT_EQ(feed->since("1.0")->changes.size(), 1'000U);
  EXPECT_FALSE(feed->since("1.0")->reset);
  EXPECT_TRUE(feed->since("0.0")->reset);
}

// A store that says "something" and not what: that is not nothing.
TEST_F(ChangeFeedTest, ResetsWhenTheStoreDoesNotSayWhatHappened) {
  class Silent final : public test::StoreAround {
   public:
    using StoreAround::StoreAround;
    Result<std::vector<verifier::StoreChange>> changes_after(std::uint64_t) const override {
      return std::vector<verifier::StoreChange>();
    }
  };
  const ChangeFeed silent({.store = std::make_shared<Silent>(store)});
  EXPECT_FALSE(silent.since("0.0")->reset);
  submit();
  EXPECT_TRUE(silent.since("0.0")->reset);
}

TEST_F(ChangeFeedTest, RefusesWhatItCannotAnswer) {
  EXPECT_EQ(get(after("0.0", "&wait=61")).status, http::kBadRequest);
  EXPECT_EQ(get(after("0.0", "&wait=-1")).status, http::kBadRequest);
  EXPECT_EQ(get(kChanges, {{"Accept", "text/html"}}).status, http::kNotAcceptable);
  EXPECT_EQ(get(after("0.0", "&wait=1"), {}, 0).status, http::kServiceUnavailable);
  EXPECT_EQ(get(kChanges, {{"Accept", "text/event-stream"}}, 0).status, http::kServiceUnavailable);
  EXPECT_NE(get(kChanges, {{"Accept", "text/event-stream"}}).stream, nullptr);
  EXPECT_EQ(get(kChanges, {{"Accept", "*/*"}}).stream, nullptr);
}

TEST_F(ChangeFeedTest, IsNoVerdictWhenTheStoreFails) {
  const ChangeFeed broken({.store = std::make_shared<test::BrokenStore>("gone")});
  EXPECT_EQ(broken.since("0.0").error().code, Errc::io);
}

// Its position is not of a future that this store does not have: it was told by another verifier over the same.
TEST_F(ChangeFeedTest, CatchesUpWithWhomAnotherVerifierTold) {
  const test::TemporaryDirectory folder;
  const auto ours = verifier::open_sqlite_store(folder.path() / "store.db").value();
  const auto theirs = verifier::open_sqlite_store(folder.path() / "store.db").value();
  const ChangeFeed our_feed({.store = ours});
  const ChangeFeed their_feed({.store = theirs});
  const std::string id = submit_to(*theirs);
  for (const bool active : {false, true, false, true}) {
    ASSERT_TRUE(theirs->set_active(std::span(&id, 1), active));
    const auto news = our_feed.since(their_feed.position());
    ASSERT_TRUE(news) << news.error().text();
    EXPECT_TRUE(news->is_empty());
    EXPECT_EQ(news->position, their_feed.position());
  }
  EXPECT_EQ(our_feed.since("1.0")->changes.size(), 4U);
  EXPECT_TRUE(our_feed.since("6.0")->reset) << "nobody has seen that";
}

TEST_F(ChangeFeedTest, SaysNothingToWhoIsAheadWhileItCannotAsk) {
  class Away final : public test::StoreAround {
   public:
    using StoreAround::StoreAround;
    Result<void> probe() const override { return fail(Errc::unavailable, "the database is away"); }
  };
  submit();
  const ChangeFeed away({.store = std::make_shared<Away>(store)});
  EXPECT_TRUE(away.since("1.0")->is_empty());
  EXPECT_EQ(away.since("0.0")->changes.size(), 1U);
  EXPECT_EQ(away.since("2.0").error().code, Errc::unavailable);
}

TEST_F(ChangeFeedTest, DoesNotSayThatNothingHappenedWhenItMayHaveMissedSomething) {
  const auto remote = std::make_shared<test::RemoteStore>(store);
  feed = std::make_shared<ChangeFeed>(ChangeFeed::Sources{.store = remote});
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const std::pair<std::string, Headers> questions[] = {{std::string(kChanges), {}},
                                                       {after("0.0"), {}},
                                                       {after("0.0", "&wait=1"), {}},
                                                       {after("0.0"), {{"Accept", "text/event-stream"}}},
                                                       {std::string(kChanges), {{"Accept", "text/event-stream"}}}};
  for (const bool cut_off : {false, true, false}) {
    remote->is_cut_off = cut_off;
    for (const auto& [target, headers] : questions)
      EXPECT_EQ(get(target, headers).status, cut_off ? http::kServiceUnavailable : http::kOk) << target;
  }
}

class ChangeFeedServer : public ChangeFeedTest {
 protected:
  ChangeFeedServer()
      : server([this] {
          return http::Server::start({}, test::open_router(ChangeFeedApi(feed, 4)), no_log()).value();
        }()) {}

  Running<http::Server> server;
};

// Its header has been sent: the answer breaks off, and is none.
TEST_F(ChangeFeedServer, BreaksOffAPollWhenItMayHaveMissedSomething) {
  const auto remote = std::make_shared<test::RemoteStore>(store);
  const ChangeFeedApi api(std::make_shared<ChangeFeed>(ChangeFeed::Sources{.store = remote}), 4);
  const Running over_remote(http::Server::start({}, test::open_router(api), no_log()).value());
  for (const bool cut_off : {false, true}) {
    RawClient client(over_remote->port());
    client.send("GET /change-feed/v1/changes?after=0.0&wait=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string header = client.receive("\r\n\r\n");
    remote->is_cut_off = cut_off;
    const std::string body = client.receive();
    EXPECT_NE(header.find("200 OK"), std::string::npos) << header;
    EXPECT_EQ(body.find("position") != std::string::npos, !cut_off) << body;
    EXPECT_EQ(body.ends_with("0\r\n\r\n"), !cut_off) << body;
  }
}

TEST(ChangeFeedStream, EndsInsteadOfASignOfLifeWhenItMayHaveMissedSomething) {
  const auto remote = std::make_shared<test::RemoteStore>(verifier::memory_store());
  const auto feed = std::make_shared<ChangeFeed>(ChangeFeed::Sources{.store = remote});
  const http::Router router = test::open_router(ChangeFeedApi(feed, 1));
  http::Request request;
  request.target = http::parse_target(kChanges).value();
  request.headers = {{"Accept", "text/event-stream"}, {"Last-Event-ID", "0.0"}};
  const http::Response response = router.handle(std::move(request));
  ASSERT_NE(response.stream, nullptr) << response.body;
  EXPECT_EQ(response.stream->when_quiet().octets, ":\n\n");
  remote->is_cut_off = true;
  const auto part = response.stream->when_quiet();
  EXPECT_TRUE(part.failed);
  EXPECT_EQ(part.octets, "");
}

TEST_F(ChangeFeedServer, StreamsEventsFromWhereAFollowerWas) {
  RawClient client(server->port());
  client.send("GET /change-feed/v1/changes HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n");
  const std::string begin = client.receive("event: position\nid: 0.0\n");
  EXPECT_NE(begin.find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_NE(begin.find("event: position\nid: 0.0\n"), std::string::npos) << begin;
  const std::string id = submit();
  EXPECT_NE(client.receive("event: changes\nid: 1.0\ndata: ").find("event: changes\nid: 1.0"), std::string::npos);
  ASSERT_TRUE(deactivate(id));
  EXPECT_NE(client.receive("\"event\":\"deactivated\"").find("\"event\":\"deactivated\""), std::string::npos);

  RawClient again(server->port());
  again.send(
      "GET /change-feed/v1/changes HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nLast-Event-ID: 1.0\r\n\r\n");
  const std::string missed = again.receive("\"deactivated\"");
  EXPECT_EQ(missed.find("\"added\""), std::string::npos) << missed;
  RawClient lost(server->port());
  lost.send(
      "GET /change-feed/v1/changes HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nLast-Event-ID: 5.0\r\n\r\n");
  EXPECT_NE(lost.receive("event: reset\nid: 2.0\n").find("event: reset"), std::string::npos);
}

TEST_F(ChangeFeedServer, AnswersAPollWhenSomethingHappensOrTheTimeIsUp) {
  RawClient quiet(server->port());
  quiet.send("GET /change-feed/v1/changes?after=0.0&wait=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(quiet.receive("0\r\n\r\n").find(R"({"position":"0.0","reset":false,"changes":[]})"), std::string::npos);

  RawClient waiting(server->port());
  waiting.send("GET /change-feed/v1/changes?after=0.0&wait=60 HTTP/1.1\r\nHost: a\r\n\r\n");
  auto answer = std::async(std::launch::async, [&] { return waiting.receive("0\r\n\r\n"); });
  std::this_thread::sleep_for(100ms);
  key = 1;
  const std::string text = answer.get();
  EXPECT_NE(text.find(R"("position":"0.1")"), std::string::npos) << text;
}

}  // namespace
}  // namespace credence::service
