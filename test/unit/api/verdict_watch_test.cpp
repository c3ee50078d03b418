// Verdicts stand until the verifier takes back what they rest on, or is silent for too long.
#include "credence/verdict_watch.h"

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/log.h"
#include "service/http/problem.h"
#include "service/http/server.h"
#include "service/verifier/change_feed_api.h"
#include "support/endorsed.h"
#include "support/open_router.h"
#include "support/refusal.h"
#include "support/running.h"
#include "verifier/store/memory/store.h"

namespace credence {
namespace {

using namespace std::chrono_literals;
using service::http::Method;
using service::http::Request;
using service::http::Response;
using Steady = std::chrono::steady_clock;

class VerdictWatchTest : public testing::Test {
 protected:
  // Each watch has a position of its own, and the latest is told what is new. No question is held for long.
  Response answer(const Request& request) {
    std::this_thread::sleep_for(20ms);
    const auto after = request.target.parameter("after").value();
    const std::lock_guard lock(mutex);
    if (is_down) return service::http::problem(503, "not now");
    if (!after) ++watches;
    const std::string latest = std::to_string(watches);
    ++questions;
    const std::string changes = after == latest ? std::exchange(next, "") : "";
    if (!changes.empty()) last_told = questions;
    return {.body = R"({"position":")" + std::string(after.value_or(latest)) + R"(","reset":false,"changes":[)" +
                    changes + "]}"};
  }
  void tell(const std::string& changes) {
    const std::lock_guard lock(mutex);
    next = changes;
  }
  // True once the changes were fetched and taken: the next question comes after that.
  bool is_taken(std::chrono::milliseconds patience) {
    for (const auto end = Steady::now() + patience; Steady::now() < end; std::this_thread::sleep_for(10ms)) {
      const std::lock_guard lock(mutex);
      if (next.empty() && questions > last_told) return true;
    }
    return false;
  }
  void go_down() {
    const std::lock_guard lock(mutex);
    is_down = true;
  }
  [[nodiscard]] VerdictWatchOptions options() const {
    return {.url = "http://127.0.0.1:" + std::to_string(server->port())};
  }
  // True once it does not stand any more.
  static bool ends(const VerdictWatch& watch, Steady::time_point begun, std::chrono::milliseconds patience) {
    for (const auto end = Steady::now() + patience; Steady::now() < end; std::this_thread::sleep_for(10ms))
      if (!watch.check(begun)) return true;
    return false;
  }
  static std::string change(const std::string& kind, const std::string& event) {
    return R"({"kind":")" + kind + R"(","event":")" + event + R"(","id":"the one","generation":2})";
  }

  std::mutex mutex;
  std::string next;
  int watches = 0, questions = 0, last_told = 0;
  bool is_down = false;
  test::Running<service::http::Server> server{[this] {
    service::http::Router router;
    router.add(Method::get, "/change-feed/v1/changes", 0, [this](const Request& request) { return answer(request); });
    return service::http::Server::start({}, std::move(router), no_log()).value();
  }()};
};

TEST_F(VerdictWatchTest, EndsVerdictsOfBeforeAChange) {
  for (const std::string& told :
       {change("deny-list", "added"), change("endorsements", "removed"), change("endorsements", "deactivated"),
        change("policies", "activated"), change("policies", "removed"), std::string(R"({"kind":"configuration"})"),
        std::string(R"({"kind":"something new"})")}) {
    const auto watch = VerdictWatch::open(options());
    ASSERT_TRUE(watch) << watch.error().text();
    const auto begun = Steady::now();
    ASSERT_TRUE(watch->check(begun));
    tell(told);
    ASSERT_TRUE(ends(*watch, begun, 10s)) << told;
    EXPECT_EQ(watch->check(begun).error().code, Errc::stale);
    EXPECT_TRUE(watch->check(Steady::now())) << "what is appraised afterwards stands";
  }
}

TEST_F(VerdictWatchTest, LeavesVerdictsAloneThatNothingWasTakenFrom) {
  const auto watch = VerdictWatch::open(options()).value();
  const auto begun = Steady::now();
  for (const std::string& told :
       {change("endorsements", "added"), change("endorsements", "activated"), change("policies", "added"),
        change("deny-list", "removed"), std::string(R"({"kind":"keys"})")}) {
    tell(told);
    ASSERT_TRUE(is_taken(10s)) << told;
    EXPECT_TRUE(watch.check(begun)) << told;
  }
  VerdictWatchOptions strict = options();
  strict.also_additions = true;
  const auto other = VerdictWatch::open(strict).value();
  const auto later = Steady::now();
  tell(change("endorsements", "added"));
  EXPECT_TRUE(ends(other, later, 10s));
  test::expect_refused(other.check(later), Errc::stale, "endorsements added at the verifier: the one");
}

TEST_F(VerdictWatchTest, SaysThatTheVerifierIsConfiguredOtherwise) {
  const auto watch = VerdictWatch::open(options()).value();
  const auto begun = Steady::now();
  tell(R"({"kind":"configuration"})");
  ASSERT_TRUE(ends(watch, begun, 10s));
  test::expect_refused(watch.check(begun), Errc::stale, "the configuration of the verifier has changed");
}

TEST_F(VerdictWatchTest, KnowsNothingOfBeforeItBegan) {
  const auto before = Steady::now();
  const auto watch = VerdictWatch::open(options()).value();
  test::expect_refused(watch.check(before), Errc::stale, "older than the watch");
  EXPECT_TRUE(watch.check(Steady::now()));
}

TEST_F(VerdictWatchTest, EndsVerdictsWhenTheVerifierIsSilent) {
  VerdictWatchOptions patient = options();
  patient.longest_silence = 3s;
  const auto watch = VerdictWatch::open(patient).value();
  const auto begun = Steady::now();
  go_down();
  EXPECT_FALSE(ends(watch, begun, 1s));
  ASSERT_TRUE(ends(watch, begun, 20s));
  test::expect_refused(watch.check(begun), Errc::unavailable, "has not said for 3 s");
  EXPECT_TRUE(watch.check(Steady::now()));
}

// What was told here may yet be unknown to whom appraises, behind a load balancer or by answers that it keeps.
TEST_F(VerdictWatchTest, EndsVerdictsOfTheTimeWhenNotEverybodyKnew) {
  VerdictWatchOptions late = options();
  late.knowledge_lag = 2s;
  const auto watch = VerdictWatch::open(late).value();
  tell(change("deny-list", "added"));
  ASSERT_TRUE(is_taken(10s));
  const auto begun = Steady::now();
  EXPECT_FALSE(ends(watch, begun, 500ms)) << "while another verdict would be no better";
  ASSERT_TRUE(ends(watch, begun, 10s));
  test::expect_refused(watch.check(begun), Errc::stale, "perhaps without knowing it");
  const auto later = Steady::now();
  EXPECT_FALSE(ends(watch, later, 2'500ms)) << "by then everybody knew";

  // A later change ends at once what began before it, and that time begins anew.
  tell(change("policies", "removed"));
  ASSERT_TRUE(is_taken(10s));
  const auto latest = Steady::now();
  test::expect_refused(watch.check(later), Errc::stale, "policies removed at the verifier: the one");
  EXPECT_TRUE(watch.check(latest));
  EXPECT_TRUE(ends(watch, latest, 10s));
}

TEST_F(VerdictWatchTest, EndsVerdictsThatAreTooOld) {
  VerdictWatchOptions strict = options();
  strict.longest_verdict = 1s;
  const auto watch = VerdictWatch::open(strict).value();
  const auto unbounded = VerdictWatch::open(options()).value();
  const auto begun = Steady::now();
  EXPECT_TRUE(watch.check(begun));
  ASSERT_TRUE(ends(watch, begun, 10s));
  test::expect_refused(watch.check(begun), Errc::stale, "older than 1 s");
  EXPECT_TRUE(unbounded.check(begun));
  EXPECT_TRUE(watch.check(Steady::now()));
}

// The verifier's own feed: one that is cut off from its database says nothing, and "nothing changed" least of all.
TEST(VerdictWatchOverAStore, EndsVerdictsWhenTheVerifierMayHaveMissedARevocation) {
  const auto store = std::make_shared<test::RemoteStore>(verifier::memory_store());
  const service::ChangeFeedApi api(std::make_shared<service::ChangeFeed>(service::ChangeFeed::Sources{.store = store}),
                                   4);
  const test::Running server(service::http::Server::start({}, test::open_router(api), no_log()).value());
  VerdictWatchOptions options{.url = "http://127.0.0.1:" + std::to_string(server->port())};
  options.longest_silence = 3s;
  const auto watch = VerdictWatch::open(options).value();
  const auto begun = Steady::now();
  for (const auto end = begun + 5s; Steady::now() < end; std::this_thread::sleep_for(50ms))
    ASSERT_TRUE(watch.check(begun)) << "it says that nothing changed";
  store->is_cut_off = true;
  auto checked = watch.check(begun);
  for (const auto end = Steady::now() + 20s; checked && Steady::now() < end; checked = watch.check(begun))
    std::this_thread::sleep_for(50ms);
  test::expect_refused(checked, Errc::unavailable, "has not said for 3 s");
  test::expect_refused(VerdictWatch::open(options), Errc::unavailable, "revocations may have been missed");
  store->is_cut_off = false;
  EXPECT_TRUE(VerdictWatch::open(options));
}

TEST_F(VerdictWatchTest, BeginsWithAnAnswerOrNotAtAll) {
  ASSERT_TRUE(VerdictWatch::open(options()));
  const auto with = [this](auto member, auto value) {
    VerdictWatchOptions made = options();
    made.*member = value;
    return VerdictWatch::open(made);
  };
  ASSERT_TRUE(with(&VerdictWatchOptions::longest_silence, 2s));
  ASSERT_TRUE(with(&VerdictWatchOptions::knowledge_lag, 0s));
  ASSERT_TRUE(with(&VerdictWatchOptions::longest_verdict, 1s));
  for (const std::chrono::seconds wrong : {-1s, std::chrono::seconds::max()}) {
    test::expect_refused(with(&VerdictWatchOptions::longest_silence, wrong), Errc::configuration, "longest_silence");
    test::expect_refused(with(&VerdictWatchOptions::knowledge_lag, wrong), Errc::configuration, "knowledge_lag");
    test::expect_refused(with(&VerdictWatchOptions::longest_verdict, wrong), Errc::configuration, "longest_verdict");
  }
  go_down();
  test::expect_refused(VerdictWatch::open(options()), Errc::unavailable, "");
}

}  // namespace
}  // namespace credence
