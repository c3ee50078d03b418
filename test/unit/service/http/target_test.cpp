#include "service/http/target.h"

#include <gtest/gtest.h>

#include <ostream>

namespace credence::service::http {
namespace {

TEST(Target, SplitsAndDecodesPathAndQuery) {
  const Target target = parse_target("/a/b%2Fc?nonce=a%2Bb+c%3d&empty=&bare&x=1").value();
  EXPECT_EQ(target.segments, (std::vector<std::string>{"a", "b/c"}));
  EXPECT_EQ(target.parameter("nonce").value(), "a+b+c=");
  EXPECT_EQ(target.parameter("empty").value(), "");
  EXPECT_EQ(target.parameter("bare").value(), "");
  EXPECT_EQ(target.parameter("absent").value(), std::nullopt);
  EXPECT_TRUE(parse_target("/").value().segments.empty());
}

struct Good {
  std::string name;
  std::string target;
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;
};
void PrintTo(const Good& good, std::ostream* out) { *out << good.name; }

class GoodTarget : public testing::TestWithParam<Good> {};
INSTANTIATE_TEST_SUITE_P(
    All, GoodTarget,
    testing::Values(Good{"plain", "/a/bc", {"a", "bc"}, {}}, Good{"escape_first", "/%61/bc", {"a", "bc"}, {}},
                    Good{"escape_last", "/a/b%63", {"a", "bc"}, {}}, Good{"escape_alone", "/%25", {"%"}, {}},
                    Good{"escaped_once_only", "/%2541", {"%41"}, {}}, Good{"not_ascii", "/\xc3\xa9", {"\xc3\xa9"}, {}},
                    Good{"escaped_plus", "/a?b=%2B", {"a"}, {{"b", "+"}}}, Good{"plus", "/a?b=+", {"a"}, {{"b", "+"}}},
                    Good{"escaped_separators", "/a%3Fb?c%26d=e%3Df", {"a?b"}, {{"c&d", "e=f"}}},
                    Good{"empty_query", "/a?", {"a"}, {}}, Good{"only_separators", "/a?&&", {"a"}, {}},
                    Good{"in_their_order", "/a?c=1&b=2&c=3", {"a"}, {{"c", "1"}, {"b", "2"}, {"c", "3"}}},
                    Good{"most_segments",
                         "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6",
                         {"1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "1", "2", "3", "4", "5", "6"},
                         {}}),
    [](const auto& example) { return example.param.name; });

TEST_P(GoodTarget, IsDecodedOnce) {
  const auto parsed = parse_target(GetParam().target);
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->segments, GetParam().segments);
  EXPECT_EQ(parsed->query, GetParam().query);
}

TEST(Target, RefusesAParameterThatIsGivenTwice) {
  const Target target = parse_target("/a?x=1&x=1&y=2").value();
  EXPECT_EQ(target.parameter("x").error().code, Errc::duplicate_key);
  EXPECT_EQ(target.parameter("y").value(), "2");
}

struct Bad {
  std::string name;
  std::string target;
  std::string why;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class BadTarget : public testing::TestWithParam<Bad> {};
INSTANTIATE_TEST_SUITE_P(
    All, BadTarget,
    testing::Values(Bad{"empty", "", "starts with /"}, Bad{"absolute_form", "http://a/b", "starts with /"},
                    Bad{"asterisk", "*", "starts with /"}, Bad{"cut_percent", "/a%4", "two hexadecimal"},
                    Bad{"no_digits", "/a%zz", "two hexadecimal"}, Bad{"nul", "/a%00", "control"},
                    Bad{"control_as_it_is", "/a\tb", "control"}, Bad{"delete_as_it_is", "/a?b=\x7f", "control"},
                    Bad{"control_beside_an_escape", "/%61\t", "control"},
                    Bad{"line_feed_in_query", "/a?b=%0a", "control"}, Bad{"parent", "/a/../b", "dot segments"},
                    Bad{"encoded_parent", "/a/%2e%2e/b", "dot segments"}, Bad{"here", "/a/.", "dot segments"},
                    Bad{"empty_segment", "/a//b", "empty"}, Bad{"trailing_slash", "/a/", "empty"},
                    Bad{"many_segments", "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7", "too many path"},
                    Bad{"many_parameters",
                        "/a?" +
                            [] {
                              std::string query;
                              for (int i = 0; i < 33; ++i) query += "a=1&";
                              return query;
                            }(),
                        "too many parameters"}),
    [](const auto& example) { return example.param.name; });

TEST_P(BadTarget, IsRefused) {
  const auto parsed = parse_target(GetParam().target);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::malformed);
  EXPECT_NE(parsed.error().why.find(GetParam().why), std::string::npos) << parsed.error().text();
}

}  // namespace
}  // namespace credence::service::http
