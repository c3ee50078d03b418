#include "service/audit/chain.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace credence::service::audit {
namespace {

constexpr Timestamp kAt{std::chrono::seconds(1'000)};

std::vector<std::string> chain_of(std::size_t lines) {
  std::vector<std::string> chain;
  Follower follower;
  for (std::size_t i = 0; i < lines; ++i) {
    chain.push_back(to_line({.action = "submit_corim", .outcome = Outcome::begun, .principal = std::to_string(i)}, kAt,
                            follower.end()));
    EXPECT_TRUE(follower.take(chain.back()));
  }
  return chain;
}

TEST(AuditChain, SaysWhatWasDone) {
  const std::string line = to_line({.action = "delete_corim",
                                    .outcome = Outcome::refused,
                                    .principal = "anna\n\"x\"",
                                    .tenant = "acme",
                                    .client = "192.0.2.1",
                                    .object = "aa",
                                    .status = 403,
                                    .reason = "no"},
                                   kAt, Position{});
  EXPECT_EQ(line, R"({"seq":1,"time":"1970-01-01T00:16:40.000Z","action":"delete_corim","outcome":"refused",)"
                  R"("principal":"anna?\"x\"","tenant":"acme","client":"192.0.2.1","object":"aa","status":403,)"
                  R"("reason":"no","prev":"0000000000000000000000000000000000000000000000000000000000000000"})");
  Follower follower;
  ASSERT_TRUE(follower.take(line));
  // printf %s LINE | sha256sum: anybody can check it without us.
  EXPECT_EQ(follower.end().digest, "0ca3274ef4b5106f4412c6f717bc875ee16dcff38f573c03f590956dd26c663d");
}

TEST(AuditChain, BoundsALine) {
  const std::string much(100'000, '"');
  const std::string line = to_line({.action = much,
                                    .principal = much,
                                    .tenant = much,
                                    .client = much,
                                    .object = much,
                                    .status = 500,
                                    .reason = much},
                                   kAt, Position{});
  EXPECT_LE(line.size(), kMaxLine);
  EXPECT_TRUE(Follower().take(line));
}

struct Tampering {
  std::string name;
  std::function<void(std::vector<std::string>&)> change;
  std::string why;  // empty: it is no tampering
};
void PrintTo(const Tampering& tampering, std::ostream* out) { *out << tampering.name; }

class Tamperings : public testing::TestWithParam<Tampering> {};
INSTANTIATE_TEST_SUITE_P(
    All, Tamperings,
    testing::Values(
        Tampering{"none", [](auto&) {}, ""}, Tampering{"first_lines_archived", [](auto& c) { c.erase(c.begin()); }, ""},
        Tampering{"altered", [](auto& c) { c[1].replace(c[1].find("\"1\""), 3, "\"7\""); }, "one of them was altered"},
        Tampering{"taken_out", [](auto& c) { c.erase(c.begin() + 1); }, "expected line 2, got line 3"},
        Tampering{"put_in", [](auto& c) { c.insert(c.begin() + 1, c[1]); }, "expected line 3, got line 2"},
        Tampering{"exchanged", [](auto& c) { std::swap(c[1], c[2]); }, "expected line 2, got line 3"},
        Tampering{"new_first_line", [](auto& c) { c[0].replace(c[0].find("\"0\""), 3, "\"7\""); }, "was altered"},
        Tampering{"no_json", [](auto& c) { c[1] = "hello"; }, "expected a line of an audit log"},
        Tampering{"no_number", [](auto& c) { c[1] = R"({"prev":""})"; }, "seq"},
        Tampering{"number_0", [](auto& c) { c[0].replace(c[0].find(":1,"), 3, ":0,"); }, "expected a number from 1"},
        Tampering{"first_line_follows_something", [](auto& c) { c[0].replace(c[0].find("0000"), 4, "0001"); },
                  "to follow nothing"}),
    [](const auto& example) { return example.param.name; });

TEST_P(Tamperings, AreSeen) {
  auto chain = chain_of(4);
  GetParam().change(chain);
  Follower follower;
  Result<void> followed;
  for (const std::string& line : chain) {
    followed = follower.take(line);
    if (!followed) break;
  }
  EXPECT_EQ(followed.has_value(), GetParam().why.empty());
  if (followed) return;
  EXPECT_EQ(followed.error().code, Errc::conflict);
  EXPECT_NE(followed.error().why.find(GetParam().why), std::string::npos) << followed.error().text();
}

TEST(AuditHead, HasOneForm) {
  const Position position{.sequence = 42, .digest = std::string(64, 'a')};
  EXPECT_EQ(parse_head(to_head(position)).value(), position);
  EXPECT_EQ(to_head(position).size(), to_head({.sequence = UINT64_MAX}).size());
  for (const std::string& wrong : {std::string(), std::string("42 ") + std::string(64, 'a') + "\n",
                                   to_head(position) + " ", to_head(position).substr(1), std::string(86, ' ')}) {
    const auto parsed = parse_head(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code, Errc::malformed);
  }
}

}  // namespace
}  // namespace credence::service::audit
