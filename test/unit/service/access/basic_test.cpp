#include "service/access/basic.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "crypto/random.h"
#include "service/access/bcrypt.h"

namespace credence::service::access {
namespace {

// Of "correct horse", made with Python's crypt.
constexpr std::string_view kHash = "$2b$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu";

class BasicUsersTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<BasicUsers> users() const {
    return BasicUsers::make({.users = {{.principal = {.name = "anna", .roles = {Role::manager}, .tenant = "acme"},
                                        .bcrypt = std::string(kHash)}},
                             .failures = failures,
                             .clock = clock,
                             .most_remembered = 2},
                            *crypto::system_random())
        .value();
  }
  [[nodiscard]] static http::Request request(std::string_view credential, std::string_view scheme = "Basic ") {
    http::Request made;
    made.client = "192.0.2.1";
    made.headers.emplace_back("Authorization", std::string(scheme) + to_base64(as_bytes(credential)));
    return made;
  }

  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)));
  std::shared_ptr<RateLimit> failures = std::make_shared<RateLimit>(Rate{.per_second = 0.1, .burst = 1}, clock);
};

TEST_F(BasicUsersTest, KnowsAUserByThePassword) {
  const auto known = users();
  for (const std::string_view scheme : {"Basic ", "basic "}) {
    const auto principal = known->identify(request("anna:correct horse", scheme)).value();
    ASSERT_TRUE(principal);
    EXPECT_EQ(principal->name, "anna");
    EXPECT_EQ(principal->tenant, "acme");
  }
  for (const std::string& wrong :
       {std::string("anna:correct hors"), std::string("anna:correct horse "), std::string("bert:correct horse"),
        std::string("anna"), std::string("anna:"), std::string(":correct horse"), std::string(""),
        std::string("anna:correct horse\0", 19), "anna:" + std::string(73, 'x')}) {
    const auto refused = known->identify(request(wrong));
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, Errc::unauthorized);
    EXPECT_EQ(refused.error().why, "name and password are not those of a user");
  }
  EXPECT_EQ(known->identify(request("anna:correct horse", "Bearer ")).value(), std::nullopt);
  EXPECT_EQ(known->identify({}).value(), std::nullopt);
  http::Request no_base64;
  no_base64.headers.emplace_back("Authorization", "Basic !");
  EXPECT_EQ(known->identify(no_base64).error().code, Errc::unauthorized);
}

// bcrypt keeps a thread busy for tens of milliseconds.
TEST_F(BasicUsersTest, PaysForAPasswordOnce) {
  const auto known = users();
  const http::Request good = request("anna:correct horse");
  EXPECT_TRUE(known->is_slow(good));
  ASSERT_TRUE(known->identify(good));
  EXPECT_FALSE(known->is_slow(good));
  EXPECT_TRUE(known->is_slow(request("anna:incorrect horse")));
  clock->advance(std::chrono::seconds(300));
  EXPECT_TRUE(known->is_slow(good));
  EXPECT_FALSE(known->is_slow({}));
}

TEST_F(BasicUsersTest, LooksAtNoPasswordAfterTooManyFailures) {
  const auto known = users();
  const http::Request good = request("anna:correct horse");
  (void)failures->take("192.0.2.1");
  const auto refused = known->identify(good);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unauthorized);
  EXPECT_NE(refused.error().why.find("too many credentials"), std::string::npos);
  EXPECT_FALSE(known->is_slow(good));
  clock->advance(std::chrono::seconds(10));
  EXPECT_TRUE(known->identify(good));
  // Who has shown a good one goes on: another behind the same address cannot lock it out.
  (void)failures->take("192.0.2.1");
  EXPECT_TRUE(known->identify(good));
}

struct HashCase {
  std::string name;
  std::string hash;
  std::string why;  // empty: it is taken
};
void PrintTo(const HashCase& hash, std::ostream* out) { *out << hash.name; }

class BcryptHashes : public testing::TestWithParam<HashCase> {};
INSTANTIATE_TEST_SUITE_P(
    All, BcryptHashes,
    testing::Values(HashCase{"good", std::string(kHash), ""},
                    HashCase{"of_htpasswd", "$2y$" + std::string(kHash.substr(4)), ""},
                    HashCase{"of_md5", "$1$abcdefgh$0123456789012345678901", "expected $2b$"},
                    HashCase{"empty", "", "expected $2b$"}, HashCase{"plain", "correct horse", "expected $2b$"},
                    HashCase{"short", std::string(kHash.substr(0, 59)), "expected $2b$"},
                    HashCase{"space", std::string(kHash.substr(0, 59)) + " ", "expected $2b$"},
                    HashCase{"cheap", "$2b$09$" + std::string(kHash.substr(7)), "expected a cost of 10 to 14, got 9"},
                    HashCase{"dear", "$2b$15$" + std::string(kHash.substr(7)), "expected a cost of 10 to 14, got 15"}),
    [](const auto& example) { return example.param.name; });

TEST_P(BcryptHashes, AreChecked) {
  const auto checked = check_bcrypt_hash(GetParam().hash);
  EXPECT_EQ(checked.has_value(), GetParam().why.empty());
  if (checked) return;
  EXPECT_EQ(checked.error().code, Errc::invalid_value);
  EXPECT_NE(checked.error().why.find(GetParam().why), std::string::npos) << checked.error().why;
}

}  // namespace
}  // namespace credence::service::access
