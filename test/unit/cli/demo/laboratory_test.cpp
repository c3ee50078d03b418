#include "cli/demo/laboratory.h"

#include <gtest/gtest.h>

#include <format>
#include <optional>

#include "cli/files.h"

namespace credence::cli {
namespace {

TEST(WithLog, ShowsTheLastLinesAndKeepsTheFolder) {
  auto scratch = std::make_optional(ScratchFolder::make().value());
  const std::filesystem::path folder = scratch->path();
  std::string log;
  for (int line = 1; line <= 20; ++line) log += std::format("line {}\n", line);
  ASSERT_TRUE(write_file(folder / "log", as_bytes(log)));
  const Error error = with_log({.code = Errc::io, .why = "endorse failed"}, *scratch);
  EXPECT_EQ(error.code, Errc::io);
  EXPECT_TRUE(error.why.starts_with("endorse failed\n")) << error.why;
  EXPECT_TRUE(error.why.contains((folder / "log").string())) << error.why;
  EXPECT_TRUE(error.why.ends_with("\nline 19\nline 20")) << error.why;
  EXPECT_TRUE(error.why.contains("\nline 11\n")) << error.why;
  EXPECT_FALSE(error.why.contains("\nline 10\n")) << error.why;
  scratch.reset();
  EXPECT_TRUE(std::filesystem::exists(folder / "log"));
  std::filesystem::remove_all(folder);
}

TEST(WithLog, TakesAShortLogAsItIsAndNoLogForNone) {
  ScratchFolder scratch = ScratchFolder::make().value();
  const std::filesystem::path folder = scratch.path();
  EXPECT_TRUE(with_log({.why = "failed"}, scratch).why.contains("nothing was written"));
  ASSERT_TRUE(write_file(folder / "log", as_bytes("one line\n")));
  EXPECT_TRUE(with_log({.why = "failed"}, scratch).why.ends_with(":\none line"));
  std::filesystem::remove_all(folder);
}

TEST(ScratchFolder, GoesWithItsOwner) {
  auto scratch = std::make_optional(ScratchFolder::make().value());
  const std::filesystem::path folder = scratch->path();
  EXPECT_TRUE(std::filesystem::exists(folder));
  scratch.reset();
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace credence::cli
