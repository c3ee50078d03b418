#include "client/session.h"

#include <gtest/gtest.h>

#include <ostream>

namespace credence::client {
namespace {

TEST(SessionReport, ReadsEveryDialectOfTheNonce) {
  for (const char* nonce : {"-__-AA", "-__-AA==", "+//+AA=="}) {
    const auto session = parse_session(std::string(R"({"status":"waiting","nonce":")") + nonce + R"("})");
    ASSERT_TRUE(session) << session.error().text();
    EXPECT_EQ(session->nonce, (Bytes{0xfb, 0xff, 0xfe, 0x00})) << nonce;
  }
}

TEST(SessionReport, HasAResultWhenComplete) {
  const auto session = parse_session(R"({"status":"complete","nonce":"AA","result":"a.b.c","more":[1]})").value();
  EXPECT_EQ(session.status, SessionStatus::complete);
  EXPECT_EQ(session.result, "a.b.c");
}

struct Bad {
  std::string name;
  std::string json;
  Errc code;
  std::string path;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.json; }

class BadSession : public testing::TestWithParam<Bad> {};
INSTANTIATE_TEST_SUITE_P(
    All, BadSession,
    testing::Values(Bad{"array", "[]", Errc::unexpected_type, "session"},
                    Bad{"no_status", R"({"nonce":"AA"})", Errc::missing_member, "status"},
                    Bad{"unknown_status", R"({"status":"done","nonce":"AA"})", Errc::invalid_value, "status"},
                    Bad{"no_nonce", R"({"status":"waiting"})", Errc::missing_member, "nonce"},
                    Bad{"bad_nonce", R"({"status":"waiting","nonce":"!"})", Errc::malformed, "nonce"},
                    Bad{"no_result", R"({"status":"complete","nonce":"AA"})", Errc::missing_member, "result"},
                    Bad{"result_is_no_text", R"({"status":"complete","nonce":"AA","result":1})", Errc::unexpected_type,
                        "result"}),
    [](const auto& example) { return example.param.name; });

TEST_P(BadSession, IsRefused) {
  const auto session = parse_session(GetParam().json);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, GetParam().code) << session.error().text();
  EXPECT_EQ(session.error().path, GetParam().path);
}

}  // namespace
}  // namespace credence::client
