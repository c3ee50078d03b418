#include "service/log_spdlog.h"

#include <gtest/gtest.h>

#include "wire/json/json.h"

namespace credence::service {
namespace {

TEST(StderrLog, DropsWhatIsBelowItsLevel) {
  testing::internal::CaptureStderr();
  const auto log = stderr_log(LogFormat::text, LogLevel::warning);
  log->write(LogLevel::info, "quiet");
  log->write(LogLevel::warning, "loud");
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_EQ(out.find("quiet"), std::string::npos);
  EXPECT_NE(out.find("warning loud\n"), std::string::npos) << out;
}

TEST(StderrLog, LetsNobodyForgeALine) {
  testing::internal::CaptureStderr();
  stderr_log(LogFormat::text, LogLevel::info)->write(LogLevel::info, "path /a\n2026 error forged \x1b[2J");
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_EQ(out.find('\n'), out.size() - 1) << out;
  EXPECT_NE(out.find("/a\\x0a2026 error forged \\x1b[2J"), std::string::npos) << out;
}

TEST(StderrLog, WritesOneJsonObjectALine) {
  testing::internal::CaptureStderr();
  stderr_log(LogFormat::json, LogLevel::info)->write(LogLevel::error, "say \"hi\"\n");
  const std::string out = testing::internal::GetCapturedStderr();
  const auto line = json::parse(out.substr(0, out.find('\n')));
  ASSERT_TRUE(line) << out;
  EXPECT_EQ(line->as_object().at("message").as_string(), "say \"hi\"\n");
  EXPECT_EQ(line->as_object().at("level").as_string(), "error");
}

}  // namespace
}  // namespace credence::service
