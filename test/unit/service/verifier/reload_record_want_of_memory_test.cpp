// What is said of a reload where memory is lacking: all of it but the part that lacks it, and no exception, which would
// end the thread of the signals and the service with it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit_lines.h"
#include "service/verifier/reload_record.h"
#include "support/temporary_directory.h"
#include "support/want_of_memory.h"

namespace credence::service {
namespace {

class LinesOfReloads final : public Log {
 public:
  void write(LogLevel, std::string_view text) override { lines.emplace_back(text); }
  std::vector<std::string> lines;
};

class ReloadRecordInWantOfMemory : public testing::Test {
 protected:
  const test::TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "audit.log";
  std::shared_ptr<VerifierMetrics> metrics = std::make_shared<VerifierMetrics>(std::make_shared<Metrics>(), "1");
  LinesOfReloads log;
  const ReloadRecord record{
      audit::Log::open(file, std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)))).value(), metrics,
      log};
};

TEST_F(ReloadRecordInWantOfMemory, SaysThatItFailed) {
  const Error why{.code = Errc::configuration, .why = "the listener cannot change while the service runs: restart it"};
  std::size_t without_reason = 0;
  const std::size_t failures = test::each_allocation([&](std::size_t number) {
    const std::size_t seen = test::audit_lines(file).size();
    log.lines.clear();
    const auto refused = test::in_want(number, [&] {
      record.refuse(why);
      return true;
    });
    EXPECT_FALSE(log.lines.empty());
    const auto lines = test::audit_lines(file, seen);
    EXPECT_EQ(lines.size(), 1U);
    if (lines.size() != 1) return false;
    EXPECT_EQ(test::text_of(lines.front(), "action"), "reload");
    EXPECT_EQ(test::text_of(lines.front(), "outcome"), "refused");
    const std::string reason = test::text_of(lines.front(), "reason");
    if (reason != why.text()) {
      ++without_reason;
      EXPECT_TRUE(reason.ends_with("std::bad_alloc")) << reason;
    }
    return refused.has_failed;
  });
  EXPECT_GT(failures, without_reason);
  EXPECT_GT(without_reason, 0U);
  EXPECT_EQ(log.lines.size(), 1U);
  EXPECT_EQ(log.lines.back(), "the new configuration is refused, the old one stays in force: " + why.text());
}

TEST_F(ReloadRecordInWantOfMemory, SaysThatItIsDone) {
  const std::size_t failures = test::each_allocation([&](std::size_t number) {
    const std::size_t seen = test::audit_lines(file).size();
    audit::Entry entry = ReloadRecord::entry();
    EXPECT_TRUE(record.begin(entry));
    const auto ended = test::in_want(number, [&] {
      record.end(std::move(entry), {});
      return true;
    });
    const auto lines = test::audit_lines(file, seen);
    EXPECT_EQ(lines.size(), 2U);
    if (lines.size() != 2) return false;
    EXPECT_EQ(test::text_of(lines.front(), "outcome"), "begun");
    EXPECT_EQ(test::text_of(lines.back(), "outcome"), "done");
    return ended.has_failed;
  });
  EXPECT_GT(failures, 1U);
  EXPECT_EQ(log.lines.back(), "the new configuration is in force");
}

}  // namespace
}  // namespace credence::service
