#include "client/change_follower.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "service/http/problem.h"
#include "service/http/server.h"
#include "support/running.h"

namespace credence::client {
namespace {

using namespace std::chrono_literals;
using service::http::Method;
using service::http::Request;
using service::http::Response;
using test::Running;

TEST(ParseChanges, ReadsWhatTheVerifierSays) {
  const VerifierChanges changes =
      parse_changes(R"({"position":"2.a","reset":false,"changes":[{"kind":"endorsements","event":"removed",)"
                    R"("id":"c0","generation":2},{"kind":"policies","event":"added","id":"p"},{"kind":"keys"}]})")
          .value();
  EXPECT_EQ(changes.position, "2.a");
  EXPECT_FALSE(changes.everything);
  ASSERT_EQ(changes.changes.size(), 2U);
  EXPECT_EQ(changes.changes[0].kind, "endorsements");
  EXPECT_EQ(changes.changes[0].event, "removed");
  EXPECT_EQ(changes.changes[0].id, "c0");
  EXPECT_EQ(changes.changes[1].kind, "policies");
  EXPECT_TRUE(changes.keys);
  EXPECT_FALSE(changes.configuration);
  const VerifierChanges other =
      parse_changes(R"({"position":"2.a-b","reset":false,"changes":[{"kind":"configuration"}]})").value();
  EXPECT_TRUE(other.configuration);
  EXPECT_FALSE(other.everything || other.keys);
}

// What is not understood is never taken for "nothing changed".
TEST(ParseChanges, TakesTheUnknownForEverything) {
  EXPECT_TRUE(parse_changes(R"({"position":"1","reset":true,"changes":[]})")->everything);
  EXPECT_TRUE(parse_changes(R"({"position":"1","changes":[]})")->everything);
  EXPECT_TRUE(parse_changes(R"({"position":"1","reset":false,"changes":[{"kind":"new"}]})")->everything);
  EXPECT_EQ(parse_changes(R"({"reset":false,"changes":[]})").error().code, Errc::missing_member);
  EXPECT_EQ(parse_changes(R"({"position":"1","reset":false})").error().code, Errc::missing_member);
  EXPECT_FALSE(parse_changes("no JSON"));
}

class ChangeFollowerTest : public testing::Test {
 protected:
  Response answer(const Request& request) {
    const auto after = request.target.parameter("after").value();
    const std::lock_guard lock(mutex);
    asked.emplace_back(after.value_or("none"));
    tokens.emplace_back(request.list_header("Authorization"));
    if (!in_turn.empty()) return {.body = in_turn.at(asked.size() % in_turn.size())};
    if (asked.size() == 3) return service::http::problem(503, "not now");
    if (asked.size() == 2)
      return {
          .body =
              R"({"position":"2","reset":false,"changes":[{"kind":"endorsements","event":"deactivated","id":"c"}]})"};
    if (asked.size() == 4) return {.body = R"({"position":"9","reset":true,"changes":[]})"};
    return {.body = R"({"position":")" + std::string(after.value_or("1")) + R"(","reset":false,"changes":[]})"};
  }
  // How long so many answers take.
  [[nodiscard]] std::chrono::nanoseconds time_of(int wanted, std::chrono::milliseconds pause) {
    std::atomic<int> answers = 0;
    std::promise<void> all;
    const auto start = std::chrono::steady_clock::now();
    const auto follower = ChangeFollower::follow({.url = "http://127.0.0.1:" + std::to_string(server->port()),
                                                  .pause = pause,
                                                  .on_changes = [](const VerifierChanges&) {},
                                                  .on_answer =
                                                      [&] {
                                                        if (++answers == wanted) all.set_value();
                                                      }})
                              .value();
    EXPECT_EQ(all.get_future().wait_for(20s), std::future_status::ready);
    return std::chrono::steady_clock::now() - start;
  }

  std::vector<std::string> in_turn;  // what is answered, when it is not what answer() has
  std::mutex mutex;
  std::condition_variable happened;
  std::vector<std::string> asked;
  std::vector<std::string> tokens;
  std::vector<VerifierChanges> seen;
  std::vector<Error> failures;
  // Last: it goes before what its answers write to.
  Running<service::http::Server> server{[this] {
    service::http::Router router;
    router.add(Method::get, "/change-feed/v1/changes", 0, [this](const Request& request) { return answer(request); });
    return service::http::Server::start({}, std::move(router), no_log()).value();
  }()};
};

TEST_F(ChangeFollowerTest, AsksFromWhereItWasAndMissesNothing) {
  ChangeFollowerOptions options{.url = "http://127.0.0.1:" + std::to_string(server->port()),
                                .pause = 10ms,
                                .on_changes =
                                    [this](const VerifierChanges& changes) {
                                      const std::lock_guard lock(mutex);
                                      seen.push_back(changes);
                                      happened.notify_all();
                                    },
                                .on_failure =
                                    [this](const Error& error) {
                                      const std::lock_guard lock(mutex);
                                      failures.push_back(error);
                                    }};
  const auto follower = ChangeFollower::follow(std::move(options)).value();
  std::unique_lock lock(mutex);
  ASSERT_TRUE(happened.wait_for(lock, 20s, [this] { return seen.size() == 2; }));
  EXPECT_EQ(seen[0].changes.at(0).id, "c");
  EXPECT_TRUE(seen[1].everything);
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].code, Errc::unavailable);
  EXPECT_EQ((std::vector(asked.begin(), asked.begin() + 4)), (std::vector<std::string>{"none", "1", "2", "2"}));
}

TEST_F(ChangeFollowerTest, TellsOfEveryAnswerAndSendsItsToken) {
  std::atomic<int> answers = 0;
  std::promise<void> third;
  ChangeFollowerOptions options{.url = "http://127.0.0.1:" + std::to_string(server->port()),
                                .pause = 10ms,
                                .token = std::make_shared<const SecretBytes>(to_bytes(as_bytes("a-token"))),
                                .on_changes = [](const VerifierChanges&) {},
                                .on_answer =
                                    [&] {
                                      if (++answers == 3) third.set_value();
                                    }};
  const auto follower = ChangeFollower::follow(options).value();
  EXPECT_EQ(third.get_future().wait_for(20s), std::future_status::ready);
  const std::lock_guard lock(mutex);
  EXPECT_GE(asked.size(), 4U) << "the third question failed: that is no answer";
  EXPECT_EQ(tokens.at(0), "Bearer a-token");
  options.token = std::make_shared<const SecretBytes>(to_bytes(as_bytes("a\r\nb")));
  EXPECT_EQ(ChangeFollower::follow(options).error().code, Errc::usage);
}

// Nodes behind a balancer that do not know each other's positions, or are not configured alike.
TEST_F(ChangeFollowerTest, HurriesForNothingButNamedChanges) {
  in_turn = {R"({"position":"1.a","reset":true,"changes":[]})",
             R"({"position":"1.b","reset":false,"changes":[{"kind":"keys"}]})",
             R"({"position":"1.c","reset":false,"changes":[{"kind":"policies","event":"added","id":"p"},)"
             R"({"kind":"configuration"}]})"};
  EXPECT_GE(time_of(5, 100ms), 300ms);
  {
    const std::lock_guard lock(mutex);  // a last question may still be on its way
    in_turn = {R"({"position":"2","reset":false,"changes":[{"kind":"policies","event":"added","id":"p"}]})"};
  }
  EXPECT_LT(time_of(5, 60s), 20s);
}

TEST_F(ChangeFollowerTest, RefusesWhatCannotWork) {
  const auto code = [](ChangeFollowerOptions options) {
    return ChangeFollower::follow(std::move(options)).error().code;
  };
  EXPECT_EQ(code({.url = "http://127.0.0.1:1", .on_changes = {}}), Errc::configuration);
  EXPECT_EQ(code({.url = "ftp://127.0.0.1", .on_changes = [](const auto&) {}}), Errc::usage);
  EXPECT_EQ(code({.url = "http://127.0.0.1:1", .wait = 15s, .on_changes = [](const auto&) {}}), Errc::configuration);
}

// What it tells takes its time, and its owner does not wait for it.
TEST_F(ChangeFollowerTest, MayBeEndedWhileItTells) {
  std::promise<void> telling;
  std::atomic<bool> told = false;
  ChangeFollowerOptions options{.url = "http://127.0.0.1:" + std::to_string(server->port()),
                                .pause = 10ms,
                                .on_changes = [&](const VerifierChanges&) {
                                  if (told.exchange(true)) return;
                                  telling.set_value();
                                  std::this_thread::sleep_for(100ms);  // meanwhile the end has begun
                                }};
  auto follower = ChangeFollower::follow(std::move(options)).value();
  telling.get_future().wait();
  follower.reset();
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace credence::client
