#include "client/url.h"

#include <gtest/gtest.h>

#include <ostream>

namespace credence::client {
namespace {

struct UrlCase {
  std::string name;
  std::string url;
  bool accepted;
};
void PrintTo(const UrlCase& example, std::ostream* out) { *out << example.url; }

class CheckUrl : public testing::TestWithParam<UrlCase> {};
INSTANTIATE_TEST_SUITE_P(All, CheckUrl,
                         testing::Values(UrlCase{"https", "https://verifier.example:8443", true},
                                         UrlCase{"https_path", "https://verifier.example/base/", true},
                                         UrlCase{"http_loopback", "http://127.0.0.1:8080", true},
                                         UrlCase{"http_ipv6", "http://[::1]:1", true},
                                         UrlCase{"http_localhost", "http://localhost", true},
                                         UrlCase{"http_elsewhere", "http://verifier.example", false},
                                         UrlCase{"http_looks_like_loopback", "http://127.evil.example", false},
                                         UrlCase{"http_localhost_as_user", "http://localhost@evil.example", false},
                                         UrlCase{"user", "https://user:password@verifier.example", false},
                                         UrlCase{"file", "file:///etc/passwd", false},
                                         UrlCase{"ftp", "ftp://127.0.0.1", false},
                                         UrlCase{"no_scheme", "verifier.example", false}, UrlCase{"empty", "", false}),
                         [](const auto& example) { return example.param.name; });

TEST_P(CheckUrl, Decides) {
  const auto checked = check_url(GetParam().url, false);
  EXPECT_EQ(checked.has_value(), GetParam().accepted);
  if (!checked) {
    EXPECT_EQ(checked.error().code, Errc::usage);
  }
}

TEST(CheckUrl, AllowsPlainHttpWhenToldSo) { EXPECT_TRUE(check_url("http://verifier.example", true)); }

TEST(Endpoint, JoinsWithOneSlash) {
  EXPECT_EQ(endpoint("https://a/", "/b"), "https://a/b");
  EXPECT_EQ(endpoint("https://a", "/b"), "https://a/b");
}

TEST(Location, StaysWithItsOrigin) {
  const std::string asked = "https://a.example:8443/challenge-response/v1/newSession?nonce=x";
  EXPECT_EQ(resolve_same_origin(asked, "session/12").value(),
            "https://a.example:8443/challenge-response/v1/session/12");
  EXPECT_EQ(resolve_same_origin(asked, "/s/12").value(), "https://a.example:8443/s/12");
  EXPECT_EQ(resolve_same_origin(asked, "https://a.example:8443/s").value(), "https://a.example:8443/s");
  for (const char* elsewhere :
       {"https://b.example:8443/s", "//b.example/s", "https://a.example/s", "http://a.example:8443/s"}) {
    const auto refused = resolve_same_origin(asked, elsewhere);
    ASSERT_FALSE(refused) << elsewhere;
    EXPECT_EQ(refused.error().code, Errc::untrusted_verifier) << elsewhere;
  }
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) { EXPECT_EQ(percent_encode("aZ9-._~+/= "), "aZ9-._~%2B%2F%3D%20"); }

}  // namespace
}  // namespace credence::client
