#include "service/verifier/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "../../verifier/temporary_folder.h"

namespace credence::service {
namespace {

bool nothing(std::string_view) { return false; }

TEST(Config, TakesEveryKindOfValue) {
  VerifierConfig config;
  const auto parsed = parse_config(
      "listen = '127.0.0.1:0'\ninsecure-http = true\nthreads = 4\nminimum-pcrs = [0, 7]\n"
      "corim-anchor = ['a.pem', 'b.pem']\ninsecure-unsigned-corims = true\n"
      "insecure-clock-set-back = true\n",
      nothing, config);
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(config.listen, "127.0.0.1:0");
  EXPECT_TRUE(config.insecure_http);
  EXPECT_TRUE(config.insecure_unsigned_corims);
  EXPECT_TRUE(config.insecure_clock_set_back);
  EXPECT_EQ(config.threads, 4U);
  EXPECT_THAT(config.minimum_pcrs, testing::ElementsAre(0U, 7U));
  EXPECT_THAT(config.corim_anchors, testing::ElementsAre("a.pem", "b.pem"));
}

TEST(Config, LeavesWhatTheCommandLineGaveAndStillChecksIt) {
  VerifierConfig config;
  config.issuer = "line";
  const auto given = [](std::string_view key) { return key == "issuer"; };
  ASSERT_TRUE(parse_config("issuer = 'file'\nthreads = 2", given, config));
  EXPECT_EQ(config.issuer, "line");
  EXPECT_EQ(config.threads, 2U);
  EXPECT_FALSE(parse_config("issuer = 1", given, config));
}

TEST(Config, RefusesWithLineAndColumnAndTakesNothing) {
  const struct {
    const char* text;
    const char* why;
  } cases[] = {
      {"threads = 2\nlisten = ", "line 2, column"},
      {"threads = 2\nminimum-pcr = [0]",
       "line 2, column 1: unknown key \"minimum-pcr\"; the nearest known one is "
       "minimum-pcrs"},
      {"threads = 2\n[verifier]\nstore = 'memory:'", "unknown key \"verifier\""},
      {"threads = 2\nstore = 3", "line 2, column 9: store: expected a string"},
      {"threads = 2\nverbose = 'yes'", "verbose: expected true or false"},
      {"threads = 2\nminimum-pcrs = [24]", "line 2, column 17: minimum-pcrs: expected a whole number from 0 to 23"},
      {"threads = 2\nminimum-pcrs = 1", "minimum-pcrs: expected an array"},
      {"threads = -1", "threads: expected a whole number from 0 to 1024"},
      {"threads = 2.0", "threads: expected a whole number"},
      {"threads = 2\nthreads = 3", "line 2, column"},
  };
  for (const auto& [text, why] : cases) {
    SCOPED_TRACE(text);
    VerifierConfig config;
    const auto parsed = parse_config(text, nothing, config);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::configuration);
    EXPECT_THAT(parsed.error().why, testing::HasSubstr(why));
    EXPECT_EQ(config.threads, 1U);
  }
}

TEST(Config, RefusesAFileThatOthersMayWrite) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "verifier.toml";
  std::ofstream(file) << "threads = 3\n";
  using std::filesystem::perms;
  std::filesystem::permissions(file, perms::owner_read | perms::owner_write);
  VerifierConfig config;
  ASSERT_TRUE(read_config(file, nothing, config));
  EXPECT_EQ(config.threads, 3U);
  EXPECT_EQ(config.file_sha256, "ead2b50dccd945eef44a09d162a5eb0f06f741e211273330c6d3bb804c32a27a");  // sha256sum
  std::filesystem::permissions(file, perms::group_write, std::filesystem::perm_options::add);
  const auto refused = read_config(file, nothing, config);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_THAT(refused.error().why, testing::HasSubstr("only its owner may write"));
}

}  // namespace
}  // namespace credence::service
