#include "service/access/bearer_token.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "support/certificate_files.h"
#include "support/temporary_directory.h"

namespace credence::service::access {
namespace {

http::Request request_with(std::string_view authorization) {
  http::Request request;
  request.headers = {{"Host", "verifier.example"}, {"X-Forwarded-For", "192.0.2.1"}, {"Via", "1.1 proxy"}};
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  return request;
}

class BearerTokensTest : public testing::Test {
 protected:
  const test::TemporaryDirectory directory;
  const std::filesystem::path file = test::write_private_file(directory.path() / "token", "\ts3cret-token \n");
};

// The token says who it is, wherever the request came along.
TEST_F(BearerTokensTest, KnowsItsToken) {
  const BearerTokens tokens = BearerTokens::from_token_file(file).value();
  for (const std::string_view good : {"Bearer s3cret-token", "bearer s3cret-token"}) {
    const auto principal = tokens.identify(request_with(good)).value();
    ASSERT_TRUE(principal) << good;
    EXPECT_EQ(principal->roles, Roles{Role::provisioner});
    EXPECT_EQ(principal->tenant, kDefaultTenant);
  }
  for (const std::string_view wrong :
       {"Bearer s3cret-toke", "Bearer s3cret-token2", "Bearer ", "Bearer  s3cret-token", "Bearer S3cret-token"}) {
    const auto refused = tokens.identify(request_with(wrong));
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, Errc::unauthorized) << wrong;
    EXPECT_EQ(refused.error().why, "the bearer token is not one that is expected here");
  }
  for (const std::string_view other : {"", "Basic s3cret-token", "Bearer"})
    EXPECT_EQ(tokens.identify(request_with(other)).value(), std::nullopt) << other;
  EXPECT_EQ(tokens.challenge(), "Bearer realm=\"credence\"");
}

TEST_F(BearerTokensTest, ReadsAPrivateFileWithOneToken) {
  ASSERT_TRUE(BearerTokens::from_token_file(file));
  EXPECT_EQ(BearerTokens::from_token_file(directory.path() / "absent").error().code, Errc::configuration);
  const auto empty = BearerTokens::from_token_file(test::write_private_file(directory.path() / "empty", " \n"));
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, Errc::configuration);
  EXPECT_NE(empty.error().why.find("got an empty file"), std::string::npos);
  // Whoever can read the token can decide what is trustworthy.
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  const auto readable = BearerTokens::from_token_file(file);
  ASSERT_FALSE(readable);
  EXPECT_EQ(readable.error().code, Errc::configuration);
  EXPECT_NE(readable.error().why.find("chmod 600"), std::string::npos);
}

}  // namespace
}  // namespace credence::service::access
