// A reload that lacks memory: nothing of it is in force, and what the audit log says has begun has an end.
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "audit_lines.h"
#include "service/audit/log.h"
#include "support/allocations.h"
#include "support/refusal.h"
#include "verifier_server.h"

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
  }
  ~ReloadInWantOfMemory() override { clock->on_look = {}; }

  // The look at the clock that is for the line `begun`: the last one before that line is there.
  [[nodiscard]] std::size_t look_of_begun(VerifierServer& server) {
    std::size_t looks = 0, last = 0;
    clock->on_look = [&, before = std::filesystem::file_size(*options.audit_log)] {
      ++looks;
      if (std::filesystem::file_size(*options.audit_log) == before) last = looks;
    };
    EXPECT_TRUE(server.reload(options));
    clock->on_look = {};
    return last;
  }

  struct Ended {
    std::optional<Result<void>> outcome;  // nothing: an exception came after the end
    std::string line, reason;
  };
  // Of each allocation from the line `begun` on one reload in which it fails.
  [[nodiscard]] std::vector<Ended> reload_in_want(VerifierServer& server, const VerifierOptions& after) {
    const std::size_t wanted = look_of_begun(server);
    std::vector<Ended> all;
    for (bool has_failed = true; has_failed && all.size() < kMostFailures;) {
      const std::size_t seen = test::audit_lines(*options.audit_log).size();
      clock->on_look = [&, looks = std::size_t{0}]() mutable {
        if (++looks == wanted) test::fail_allocation(all.size());
      };
      Ended ended;
      try {
        ended.outcome = server.reload(after);
      } catch (const std::bad_alloc&) {
        ended.outcome.reset();
      }
      has_failed = test::allow_allocations();
      const auto lines = test::audit_lines(*options.audit_log, seen);
      if (lines.size() != 2) {
        ADD_FAILURE() << lines.size() << " lines where allocation " << all.size() << " failed";
        return all;
      }
      EXPECT_EQ(test::text_of(lines.front(), "outcome"), "begun") << all.size();
      ended.line = test::text_of(lines.back(), "outcome");
      ended.reason = test::text_of(lines.back(), "reason");
      all.push_back(std::move(ended));
    }
    EXPECT_LT(all.size(), kMostFailures);
    return all;
  }

  std::shared_ptr<ToldClock> clock = std::make_shared<ToldClock>();
};

TEST_F(ReloadInWantOfMemory, EndsWhatItBegan) {
  const test::Running server(start());
  std::size_t failed = 0;
  const auto all = reload_in_want(*server, options);
  for (const auto& [outcome, line, reason] : all) {
    if (line == "done") {
      EXPECT_TRUE(!outcome || *outcome);
      EXPECT_EQ(reason, "");
      continue;
    }
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
  VerifierOptions bad = options;
  bad.port = 1;
  std::size_t without_reason = 0;
  const auto all = reload_in_want(*server, bad);
  for (const Ended& ended : all) {
    EXPECT_EQ(ended.line, "failed");
    if (ended.reason == "std::bad_alloc") ++without_reason;
  }
  EXPECT_GT(without_reason, 0U);
  ASSERT_FALSE(all.empty());
  EXPECT_NE(all.back().reason.find("the listener cannot change"), std::string::npos) << all.back().reason;
}

}  // namespace
}  // namespace credence::service
