#include "base/token_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/bytes.h"
#include "support/refusal.h"

namespace credence {
namespace {

class TokenFile : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(file); }
  Result<SecretBytes> read(const std::string& content) {
    std::ofstream(file) << content;
    return read_token_file(file);
  }
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("credence-token-" + std::to_string(::getpid()));
};

TEST_F(TokenFile, HasItsTokenInTheFirstLine) {
  for (const char* content : {"a.b-c", "a.b-c\n", "a.b-c\r\n", "a.b-c\nwhat follows is no part of it\n"}) {
    const auto token = read(content);
    ASSERT_TRUE(token) << token.error().text();
    EXPECT_EQ(as_text(token->view()), "a.b-c");
  }
  EXPECT_TRUE(read(std::string(4'096, 'a')));
}

TEST_F(TokenFile, WithoutATokenIsRefused) {
  test::expect_refused(read_token_file(file), Errc::not_found, "cannot be read: No such file");
  test::expect_refused(read(""), Errc::configuration, "expected a token");
  test::expect_refused(read("\nsecond line"), Errc::configuration, "expected a token");
  test::expect_refused(read(std::string(4'097, 'a')), Errc::too_large, "at most 4096");
}

}  // namespace
}  // namespace credence
