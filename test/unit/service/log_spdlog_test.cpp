#include "service/log_spdlog.h"

#include <gtest/gtest.h>

#include "service/http/request_id.h"
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

TEST(StderrLog, WritesTheLinesOfABatchAtItsEnd) {
  const auto log = stderr_log(LogFormat::text, LogLevel::info);
  const auto during = [&log](LogLevel level) {
    testing::internal::CaptureStderr();
    const LogBatch batch(*log);
    log->write(LogLevel::info, "first");
    log->write(level, "second");
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(during(LogLevel::info), "");
  testing::internal::CaptureStderr();
  log->write(LogLevel::info, "third");
  EXPECT_TRUE(testing::internal::GetCapturedStderr().contains("third"));
  // What is wrong waits for nothing, and comes behind what led to it.
  const std::string out = during(LogLevel::warning);
  EXPECT_LT(out.find("first"), out.find("second"));
  EXPECT_NE(out.find("second"), std::string::npos);
}

constexpr LogField kFields[] = {{"route", "/a b"}, {"status", std::int64_t{404}}};

TEST(StderrLog, WritesFieldsForPeopleAndForPrograms) {
  testing::internal::CaptureStderr();
  stderr_log(LogFormat::text, LogLevel::info)->write_fields(LogLevel::info, "request", kFields);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("request route=\"/a b\" status=404\n"), std::string::npos);
  testing::internal::CaptureStderr();
  stderr_log(LogFormat::json, LogLevel::info)->write_fields(LogLevel::info, "request", kFields);
  const auto line = json::parse(testing::internal::GetCapturedStderr()).value().as_object();
  EXPECT_EQ(line.at("message").as_string(), "request");
  EXPECT_EQ(line.at("route").as_string(), "/a b");
  EXPECT_EQ(line.at("status").as_int64(), 404);
}

TEST(StderrLog, NamesTheRequestThatALineIsAbout) {
  testing::internal::CaptureStderr();
  {
    const http::RequestScope scope("p-7");
    stderr_log(LogFormat::text, LogLevel::info)->write(LogLevel::info, "one");
    stderr_log(LogFormat::json, LogLevel::info)->write(LogLevel::info, "two");
  }
  stderr_log(LogFormat::text, LogLevel::info)->write(LogLevel::info, "three");
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find("one request=p-7\n"), std::string::npos) << out;
  EXPECT_NE(out.find("\"message\":\"two\",\"request\":\"p-7\"}"), std::string::npos) << out;
  EXPECT_NE(out.find("three\n"), std::string::npos) << out;
}

TEST(StderrLog, ChangesItsLevelWhileItRuns) {
  testing::internal::CaptureStderr();
  const auto log = stderr_log(LogFormat::text, LogLevel::warning);
  EXPECT_FALSE(log->wants(LogLevel::debug));
  log->set_least(LogLevel::debug);
  EXPECT_TRUE(log->wants(LogLevel::debug));
  log->write(LogLevel::debug, "now");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("now"), std::string::npos);
}

}  // namespace
}  // namespace credence::service
