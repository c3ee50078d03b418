// A reload that lacks memory: nothing of it is in force, and what the audit log says has begun has an end.
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "audit_lines.h"
#include "client/http.h"
#include "service/audit/log.h"
#include "support/allocations.h"
#include "support/refusal.h"
#include "verifier_server.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

constexpr std::size_t kMostFailures = 10'000;

// Tells who is asked for the time by the thread that made it: each line of the audit log begins with that.
class ToldClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    if (std::this_thread::get_id() == thread_ && on_look) on_look();
    return system_clock()->now();
  }
  std::function<void()> on_look;

 private:
  const std::thread::id thread_ = std::this_thread::get_id();
};

class ReloadInWantOfMemory : public VerifierServerTest {
 protected:
  ReloadInWantOfMemory() {
    options.clock = clock;
    options.audit_log = directory.path() / "audit.log";
    after = options;
    after.nonce_dialect = NonceDialect::url_padded;
    after.policy.minimum_pcrs = {0, 1, 2, 3};
  }
  ~ReloadInWantOfMemory() override { clock->on_look = {}; }

  // What the options are seen by: of the router how it writes a nonce, of what outlives a reload what followers are
  // told of the options that verdicts depend on.
  struct Seen {
    bool pads_nonces = false;
    std::string position;  // of the change feed
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  [[nodiscard]] static Seen seen_of(const VerifierServer& server) {
    const std::string sessions = server.url() + "/challenge-response/v1/";
    const auto opened =
        client::request({.method = client::HttpMethod::post, .url = sessions + "newSession?nonceSize=32"}, {}).value();
    EXPECT_EQ(opened.status, 201) << opened.text();
    const auto closed = client::request(
        {.method = client::HttpMethod::remove, .url = sessions + std::string(opened.header("location"))}, {});
    EXPECT_TRUE(closed && closed->status == 204);
    const auto feed = client::request({.url = server.url() + "/change-feed/v1/changes"}, {}).value();
    EXPECT_EQ(feed.status, 200) << feed.text();
    return {.pads_nonces = text_in(opened, "nonce").ends_with('='), .position = text_in(feed, "position")};
  }
  static std::string text_in(const client::HttpResponse& answer, std::string_view member) {
    return std::string(json::parse(answer.text()).value().as_object().at(member).as_string());
  }

  // The look at the clock that is for the line `begun`: the last one before that line is there.
  [[nodiscard]] std::size_t look_of_begun(VerifierServer& server, const VerifierOptions& reloaded) {
    std::size_t looks = 0, last = 0;
    clock->on_look = [&, before = std::filesystem::file_size(*options.audit_log)] {
      ++looks;
      if (std::filesystem::file_size(*options.audit_log) == before) last = looks;
    };
    EXPECT_TRUE(server.reload(reloaded));
    clock->on_look = {};
    EXPECT_TRUE(server.reload(options));
    return last;
  }

  struct Ended {
    std::optional<Result<void>> outcome;  // nothing: an exception came after the end
    std::string line, reason;
    Seen before, now;
  };
  // Of each allocation from the line `begun` on, which is written at the look `wanted`, one reload in which it fails.
  [[nodiscard]] std::vector<Ended> reload_in_want(VerifierServer& server, std::size_t wanted,
                                                  const VerifierOptions& reloaded) {
    std::vector<Ended> all;
    Seen before = seen_of(server);
    for (bool has_failed = true; has_failed && all.size() < kMostFailures;) {
      const std::size_t seen = test::audit_lines(*options.audit_log).size();
      clock->on_look = [&, looks = std::size_t{0}]() mutable {
        if (++looks == wanted) test::fail_allocation(all.size());
      };
      Ended ended;
      try {
        ended.outcome = server.reload(reloaded);
      } catch (const std::bad_alloc&) {
        ended.outcome.reset();
      }
      has_failed = test::allow_allocations();
      clock->on_look = {};
      const auto lines = test::audit_lines(*options.audit_log, seen);
      if (lines.size() != 2) {
        ADD_FAILURE() << lines.size() << " lines where allocation " << all.size() << " failed";
        return all;
      }
      EXPECT_EQ(test::text_of(lines.front(), "outcome"), "begun") << all.size();
      ended.line = test::text_of(lines.back(), "outcome");
      ended.reason = test::text_of(lines.back(), "reason");
      ended.before = before;
      ended.now = seen_of(server);
      if (ended.now != before) {
        EXPECT_TRUE(server.reload(options));
        before = seen_of(server);
      }
      all.push_back(std::move(ended));
    }
    EXPECT_LT(all.size(), kMostFailures);
    return all;
  }

  std::shared_ptr<ToldClock> clock = std::make_shared<ToldClock>();
  VerifierOptions after;  // others than those it starts with: whether they are in force can be seen
};

TEST_F(ReloadInWantOfMemory, EndsWhatItBegan) {
  const test::Running server(start());
  std::size_t failed = 0;
  const auto all = reload_in_want(*server, look_of_begun(*server, after), after);
  for (const auto& [outcome, line, reason, before, now] : all) {
    EXPECT_FALSE(before.pads_nonces);
    if (line == "done") {
      EXPECT_TRUE(!outcome || *outcome);
      EXPECT_EQ(reason, "");
      EXPECT_TRUE(now.pads_nonces);
      EXPECT_NE(now.position, before.position);
      continue;
    }
    EXPECT_EQ(now, before) << "a part of it is in force";
    ++failed;
    EXPECT_EQ(line, "failed");
    EXPECT_EQ(reason, "internal: std::bad_alloc");
    ASSERT_TRUE(outcome);
    test::expect_refused(*outcome, Errc::internal, "std::bad_alloc");
  }
  EXPECT_GT(failed, 0U);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().line, "done");
  EXPECT_TRUE(audit::verify(std::vector{*options.audit_log}));
}

// Nor does it depend on memory for the reason.
TEST_F(ReloadInWantOfMemory, EndsWhatFailed) {
  const test::Running server(start());
  VerifierOptions bad = after;
  bad.port = 1;
  std::size_t without_reason = 0;
  const auto all = reload_in_want(*server, look_of_begun(*server, options), bad);
  for (const Ended& ended : all) {
    EXPECT_EQ(ended.line, "failed");
    EXPECT_EQ(ended.now, ended.before) << "a part of it is in force";
    if (ended.reason == "std::bad_alloc") ++without_reason;
  }
  EXPECT_GT(without_reason, 0U);
  ASSERT_FALSE(all.empty());
  EXPECT_NE(all.back().reason.find("the listener cannot change"), std::string::npos) << all.back().reason;
}

}  // namespace
}  // namespace credence::service
