// A22: the clock of a verifier is set back, while it runs and over a restart.
#include "service/verifier/clock_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <format>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "client/http.h"
#include "client/provision.h"
#include "evidence/media_types.h"
#include "service/verifier/server.h"
#include "support/endorser.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "support/running.h"
#include "support/set_clocks.h"
#include "verifier/store/memory/store.h"
#include "verifier/store/sqlite/store.h"

namespace credence::service {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class WrittenLines final : public Log {
 public:
  void write(LogLevel level, std::string_view message) override {
    if (level < LogLevel::warning) return;
    const std::lock_guard lock(mutex_);
    lines_.emplace_back((level == LogLevel::error ? "error " : "warning ") + std::string(message));
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    lines_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class ClockCheckTest : public testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<verifier::Store> open() const {
    return verifier::open_sqlite_store(directory.path() / "store.db").value();
  }
  // Of a verifier that has run for long, but for what the store has noted.
  [[nodiscard]] HealthCheck check_over(const std::shared_ptr<verifier::Store>& store) {
    clock = clocks.guarded();
    return clock_check(clock, store, log, 0ms).value();
  }
  [[nodiscard]] HealthCheck check_at_the_start_over(const std::shared_ptr<verifier::Store>& store) {
    clock = clocks.just_begun();
    return clock_check(clock, store, log, 0ms).value();
  }

  const test::TemporaryDirectory directory;
  test::SetClocks clocks{Timestamp(1'790'000'000s)};
  std::shared_ptr<GuardedClock> clock;
  WrittenLines log;
};

TEST_F(ClockCheckTest, FailsWhileTheClockIsBehind) {
  const HealthCheck check = check_over(verifier::memory_store());
  EXPECT_EQ(check.name, "clock");
  EXPECT_TRUE(check.check());
  clocks.step(-5min);
  EXPECT_TRUE(check.check());
  clocks.step(-1h);
  test::expect_refused(check.check(), Errc::clock_set_back, "3900 s behind what it had told: set it");
  clocks.step(1h);
  EXPECT_TRUE(check.check());
  // Health tells of a check that fails, once.
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("warning the clock jumped ahead by 3600 s")));
}

TEST_F(ClockCheckTest, TellsOnceThatTheClockJumpedAhead) {
  const HealthCheck check = check_over(verifier::memory_store());
  clocks.step(24h);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(check.check());
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr(
                               "warning the clock jumped ahead by 86400 s, at once or in steps: what has an end ends "
                               "earlier by as much")));
  clocks.step(-24h);
  EXPECT_TRUE(check.check());
  EXPECT_EQ(log.lines().size(), 1U);
}

TEST_F(ClockCheckTest, HoldsTheClockToWhatItToldBeforeARestart) {
  const auto now = [this] { return clocks.now(); };
  {
    const HealthCheck check = check_at_the_start_over(open());
    EXPECT_TRUE(check.check());
    EXPECT_EQ(open()->noted_time().value(), std::nullopt);  // it could be wrong, and set right in a moment
    clocks.pass(10min);
    EXPECT_TRUE(check.check());
    EXPECT_EQ(open()->noted_time().value(), now());
  }
  const Timestamp noted = now();
  clocks.pass(-1h, 1min);
  const auto store = open();
  const HealthCheck again = check_at_the_start_over(store);
  test::expect_refused(again.check(), Errc::clock_set_back, "3600 s behind what it had told before this process began");
  clocks.pass(10min);
  EXPECT_FALSE(again.check());
  EXPECT_EQ(store->noted_time().value(), noted);
  clocks.step(1h);
  EXPECT_TRUE(again.check());
}

TEST_F(ClockCheckTest, ForgetsWhatWasNotedWhenToldTo) {
  const auto store = open();
  ASSERT_TRUE(store->note_time(clocks.now() + 24h, verifier::TimeNote::if_later));
  {
    const HealthCheck check = check_over(store);
    EXPECT_FALSE(check.check());
    EXPECT_EQ(store->noted_time().value(), clocks.now() + 24h);
  }
  {
    const HealthCheck check = check_over(store);
    clock->guard(false);
    EXPECT_TRUE(check.check());
    EXPECT_TRUE(check.check());
    EXPECT_EQ(store->noted_time().value(), clocks.now());
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("warning the clock is 86400 s behind what it had told: by "
                                                   "insecure-clock-set-back it is taken as it is"),
                                         "warning insecure-clock-set-back: the time is noted as the clock tells it, " +
                                             to_rfc3339(clocks.now()) +
                                             ", in place of what was noted before. Leave the option out now"));
    clocks.step(-1h);
    EXPECT_TRUE(check.check());
    EXPECT_THAT(log.lines(), Contains(HasSubstr("the clock is 3600 s behind")));
  }
  const HealthCheck check = check_over(store);
  EXPECT_FALSE(check.check());  // by the hour that was not noted any more
  clocks.step(1h);
  EXPECT_TRUE(check.check());
}

TEST_F(ClockCheckTest, SaysOfAStoreInMemoryThatNothingIsNoted) {
  const auto store = verifier::memory_store();
  const HealthCheck check = check_over(store);
  clock->guard(false);
  EXPECT_TRUE(check.check());
  EXPECT_TRUE(check.check());
  EXPECT_EQ(store->noted_time().value(), std::nullopt);
  EXPECT_THAT(log.lines(),
              ElementsAre("warning insecure-clock-set-back: the clock is taken as it is, " + to_rfc3339(clocks.now()) +
                          ". This store notes no time: a start without the option believes the clock, too. Leave it "
                          "out now"));
}

// Over one database it is also what others have noted, and are held to.
TEST_F(ClockCheckTest, ReplacesWhatWasNotedOnceEachTimeItIsToldTo) {
  const auto store = open();
  const Timestamp of_another = clocks.now() + 24h;
  const HealthCheck check = check_over(store);
  for (int times = 0; times < 2; ++times) {
    ASSERT_TRUE(store->note_time(of_another, verifier::TimeNote::if_later));
    clock->guard(false);
    EXPECT_TRUE(check.check());
    EXPECT_EQ(store->noted_time().value(), clocks.now());
    ASSERT_TRUE(store->note_time(of_another, verifier::TimeNote::if_later));
    EXPECT_TRUE(check.check());
    EXPECT_EQ(store->noted_time().value(), of_another);
    clock->guard(true);
    EXPECT_TRUE(check.check());
    EXPECT_EQ(store->noted_time().value(), of_another);
  }
  EXPECT_EQ(log.lines().size(), 2U);
}

TEST_F(ClockCheckTest, ShowsInTheMetrics) {
  Metrics metrics;
  const auto guarded = clocks.guarded();
  add_clock_metrics(metrics, guarded);
  const auto shown = [&](double behind, int trusted, int is_guarded) {
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr(std::format("\ncredence_clock_behind_seconds {}\n", behind)));
    EXPECT_THAT(text, HasSubstr(std::format("\ncredence_clock_trusted {}\n", trusted)));
    EXPECT_THAT(text, HasSubstr(std::format("\ncredence_clock_guarded {}\n", is_guarded)));
  };
  shown(0, 1, 1);
  clocks.step(1h);
  shown(0, 1, 1);
  clocks.step(-2h);
  shown(3'600, 0, 1);
  guarded->guard(false);
  shown(3'600, 1, 0);
}

// --- the whole service ---

class VerifierWithASetClock : public testing::Test {
 protected:
  VerifierWithASetClock() {
    options.insecure_http = true;
    options.insecure_local_callers = true;
    options.keys.signing_key = directory.path() / "ear.pem";
    options.corim_anchors = {endorser.write_anchor(directory)};
    options.store = "sqlite:" + (directory.path() / "store.db").string();
  }
  // As a verifier of before has left it.
  void note(Timestamp told) const {
    const auto store = verifier::open_sqlite_store(directory.path() / "store.db").value();
    ASSERT_TRUE(store->note_time(told, verifier::TimeNote::if_later));
  }
  [[nodiscard]] std::unique_ptr<VerifierServer> start() { return VerifierServer::start(options, log).value(); }

  [[nodiscard]] static client::HttpResponse ask(client::HttpMethod method, const std::string& url,
                                                std::string_view type = {}, Bytes body = {}) {
    client::HttpRequest request{.method = method, .url = url, .headers = {}, .body = std::move(body)};
    if (!type.empty()) request.headers.emplace_back("Content-Type", type);
    return client::request(request, {}).value();
  }
  [[nodiscard]] client::HttpResponse open(const VerifierServer& server) const {
    return ask(client::HttpMethod::post,
               server.url() + "/challenge-response/v1/newSession?nonce=" + to_base64url(maker.extra_data));
  }
  [[nodiscard]] client::HttpResponse submit(const VerifierServer& server, std::string_view session) const {
    return ask(client::HttpMethod::post, server.url() + "/challenge-response/v1/" + std::string(session),
               evidence::kParsecTpm, maker.make());
  }
  [[nodiscard]] client::HttpResponse provision(const VerifierServer& server, const rats::Corim& corim) const {
    return ask(client::HttpMethod::post, server.url() + "/endorsement-provisioning/v1/submit", "application/rim+cose",
               endorser.sign(corim));
  }
  static void expect_refused(const client::HttpResponse& answer, std::string_view part) {
    EXPECT_EQ(answer.status, 503) << answer.text();
    EXPECT_EQ(answer.header("retry-after"), "1");
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_THAT(std::string(answer.text()), HasSubstr("clock_set_back: the clock here is"));
    EXPECT_THAT(std::string(answer.text()), HasSubstr(part));
  }
  // Looked at once a second.
  [[nodiscard]] static bool becomes_ready(const VerifierServer& server, bool ready) {
    const std::string expected = ready ? R"({"status":"ready"})" : R"({"status":"not ready","causes":["clock"]})";
    for (int i = 0; i < 1'000; ++i) {
      if (ask(client::HttpMethod::get, server.url() + "/readyz").text() == expected) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  const test::TemporaryDirectory directory;
  const test::Endorser endorser;
  const test::EvidenceMaker maker;
  test::SetClocks clocks{system_clock()->now()};
  VerifierOptions options;
  WrittenLines log;
};

TEST_F(VerifierWithASetClock, GivesNoVerdictWhileItIsBehind) {
  options.clock = clocks.system();
  note(clocks.now());  // so that a clock that is set back right after the start is not believed either
  const test::Running server(start());
  const rats::Corim values = evidence::tpm::veraison_corim(maker.endorsement()).value(),
                    keys = evidence::tpm::keys_corim(maker.endorsement()).value();
  EXPECT_EQ(provision(*server, values).status, 200);
  const std::string session(open(*server).header("location"));

  clocks.step(-1h);
  expect_refused(open(*server), "behind what it had told: set it. If it is right now, and was ahead before, restart");
  expect_refused(submit(*server, session), "behind what it had told");
  expect_refused(provision(*server, keys), "behind what it had told");
  const client::HttpResponse revoked =
      ask(client::HttpMethod::post, server->url() + "/endorsement-provisioning/v1/revocations", "application/json",
          to_bytes(as_bytes(R"({"kind": "kid", "value": "01c0ffee", "reason": "stolen"})")));
  EXPECT_EQ(revoked.status, 201) << revoked.text();
  EXPECT_TRUE(becomes_ready(*server, false));

  clocks.step(1h);
  EXPECT_EQ(provision(*server, keys).status, 200);
  const client::HttpResponse verdict = submit(*server, session);  // it was not spent
  ASSERT_EQ(verdict.status, 200) << verdict.text();
  const auto ear = rats::decode_ear(json::parse(verdict.text()).value().as_object().at("result").as_string());
  ASSERT_TRUE(ear) << ear.error().text();
  EXPECT_TRUE(ear->is_affirming()) << testing::PrintToString(ear->problems());
  EXPECT_TRUE(becomes_ready(*server, true));
  std::vector<std::string> told = log.lines();
  std::erase_if(told, [](const std::string& line) { return !line.starts_with("error "); });
  EXPECT_THAT(told, ElementsAre(HasSubstr("clock: clock_set_back: the clock here is 3")));
}

TEST_F(VerifierWithASetClock, IsHeldToWhatItToldBeforeItsStart) {
  const Timestamp ahead = system_clock()->now() + 24h;
  note(ahead);
  {
    const test::Running server(start());
    expect_refused(open(*server), "before this process began, " + to_rfc3339(ahead) + ": set it");
    expect_refused(open(*server), "start once with --insecure-clock-set-back");
    EXPECT_TRUE(becomes_ready(*server, false));
    // While it runs, too.
    options.insecure_clock_set_back = true;
    ASSERT_TRUE(server->reload(options));
    EXPECT_EQ(open(*server).status, 201);
    EXPECT_TRUE(becomes_ready(*server, true));
  }
  note(ahead);
  log.clear();
  {
    const test::Running once(start());
    EXPECT_EQ(open(*once).status, 201);
    EXPECT_THAT(log.lines(), Contains(HasSubstr("it is taken as it is, and what had expired may count again")));
    EXPECT_THAT(log.lines(), Contains(HasSubstr("Leave the option out now")));
  }
  options.insecure_clock_set_back = false;
  const test::Running server(start());
  EXPECT_EQ(open(*server).status, 201);
}

}  // namespace
}  // namespace credence::service
