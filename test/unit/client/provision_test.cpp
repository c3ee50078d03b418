#include "client/provision.h"

#include <gtest/gtest.h>

#include "service/http/problem.h"
#include "service/http/server.h"
#include "support/evidence_maker.h"
#include "support/running.h"

namespace credence::client {
namespace {

namespace server_http = service::http;
using test::Running;

Bytes example_corim() {
  const test::EvidenceMaker maker;
  return rats::encode_corim(evidence::tpm::veraison_corim(maker.endorsement()).value()).value();
}

// Answers with what the test says, and keeps what was asked.
struct Verifier {
  server_http::Response answer;
  server_http::Request asked;
  Running<server_http::Server> server{server_http::Server::start({}, router(), no_log()).value()};

  [[nodiscard]] server_http::Router router() {
    server_http::Router made;
    made.add(server_http::Method::post, "/endorsement-provisioning/v1/submit", 1 << 20,
             [this](const server_http::Request& request) {
               asked = request;
               return answer;
             });
    return made;
  }
  [[nodiscard]] Provisioning where() const { return {.url = "http://127.0.0.1:" + std::to_string(server->port())}; }
};

TEST(Provision, ReadsBothOutcomes) {
  Verifier verifier;
  verifier.answer.body = R"({"status":"success","expiry":"2026-01-01T00:00:00Z"})";
  const auto success = provision(example_corim(), verifier.where());
  ASSERT_TRUE(success) << success.error().text();
  EXPECT_TRUE(success->success);
  EXPECT_FALSE(success->duplicate);
  EXPECT_EQ(verifier.asked.header("Content-Type").value(),
            "application/rim+cbor; profile=\"tag:github.com/parallaxsecond,2023-03-03:tpm\"");
  EXPECT_EQ(verifier.asked.header("Authorization").value(), std::nullopt);

  verifier.answer.body = R"({"status":"failed","expiry":"x","failure-reason":"no such profile"})";
  const auto failed = provision(example_corim(), verifier.where()).value();
  EXPECT_FALSE(failed.success);
  EXPECT_EQ(failed.failure_reason, "no such profile");
}

TEST(Provision, SendsItsToken) {
  Verifier verifier;
  verifier.answer.body = R"({"status":"success","duplicate":true})";
  Provisioning where = verifier.where();
  where.token = SecretBytes(as_bytes("abc"));
  EXPECT_TRUE(provision(example_corim(), where).value().duplicate);
  EXPECT_EQ(verifier.asked.header("Authorization").value(), "Bearer abc");
  where.token = SecretBytes(as_bytes("a b"));
  EXPECT_EQ(provision(example_corim(), where).error().code, Errc::usage);
}

TEST(Provision, TellsTheVerifiersRefusals) {
  Verifier verifier;
  for (const auto& [status, code] :
       {std::pair{401U, Errc::unauthorized}, std::pair{403U, Errc::unauthorized}, std::pair{413U, Errc::too_large},
        std::pair{415U, Errc::unsupported}, std::pair{400U, Errc::invalid_value}, std::pair{404U, Errc::unavailable},
        std::pair{500U, Errc::unavailable}}) {
    verifier.answer = server_http::problem(status, "the detail");
    const auto refused = provision(example_corim(), verifier.where());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code) << status;
    EXPECT_NE(refused.error().why.find("the detail"), std::string::npos);
  }
  verifier.answer = {.status = 200, .body = "<html>"};
  EXPECT_EQ(provision(example_corim(), verifier.where()).error().code, Errc::unavailable);
  verifier.answer.body = R"({"status":"perhaps"})";
  EXPECT_EQ(provision(example_corim(), verifier.where()).error().code, Errc::unavailable);
}

TEST(Provision, SendsNothingThatIsNoCorim) {
  Verifier verifier;
  EXPECT_FALSE(provision(Bytes{0x01}, verifier.where()));
  EXPECT_FALSE(provision({}, verifier.where()));
  EXPECT_TRUE(verifier.asked.headers.empty());
}

}  // namespace
}  // namespace credence::client
