#include "client/session.h"

#include <gtest/gtest.h>

#include <ostream>

#include "client/url.h"
#include "rats/ear/ear.h"
#include "sign/jose/jwk.h"
#include "sign/jose/jws.h"
#include "support/refusal.h"
#include "support/vectors.h"
#include "wire/json/json.h"

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

// The answers of the verifier that a demonstration of others pretends to have.
TEST(SessionVectors, OfADemonstrationAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto response = [&](const std::string& name) {
    const auto file = root / "parsec/attested-tls-poc" / ("demo-" + name + ".json");
    return json::parse(test::read_text(file)).value().at("response");
  };
  const auto session_in = [](const json::Value& answer) { return parse_session(json::to_text(answer.at("jsonBody"))); };

  const json::Value opened = response("new_session");
  const SessionReport waiting = session_in(opened).value();
  EXPECT_EQ(waiting.status, SessionStatus::waiting);
  EXPECT_EQ(as_text(waiting.nonce), "01234567");
  EXPECT_FALSE(waiting.result);
  // Its host is a placeholder there; a session elsewhere than asked for is not followed.
  std::string location(opened.at("headers").at("Location").as_string());
  const std::string asked = "http://verifier.example:8080/challenge-response/v1/newSession";
  EXPECT_FALSE(resolve_same_origin(asked, location));
  location.replace(0, location.find("/challenge-response"), "http://verifier.example:8080");
  EXPECT_EQ(resolve_same_origin(asked, location).value(),
            "http://verifier.example:8080/challenge-response/v1/session/12345678");

  const SessionReport complete = session_in(response("challenge_response")).value();
  EXPECT_EQ(complete.status, SessionStatus::complete);
  EXPECT_EQ(complete.nonce, waiting.nonce);
  const json::Value discovered = response("discovery").at("jsonBody");
  const auto key = jose::key_from_jwk(discovered.at("ear-verification-key").as_object()).value();
  const jose::Jws result = jose::decode_jws(complete.result.value()).value();
  EXPECT_TRUE(jose::verify(result, key));
  // Its signature is good, and its iat a floating-point number, which is refused whatever else it says.
  test::expect_refused(rats::verify_ear(*complete.result, {&key, 1}), Errc::unexpected_type, "iat");
}

}  // namespace
}  // namespace credence::client
