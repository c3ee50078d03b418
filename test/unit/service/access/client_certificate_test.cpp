#include "service/access/client_certificate.h"

#include <gtest/gtest.h>

#include <chrono>

#include "support/refusal.h"
#include "support/set_clocks.h"

namespace credence::service::access {
namespace {

constexpr Timestamp kCertificateEnd{std::chrono::seconds(1'000'000 + 60)};

http::Request request_of(std::vector<std::string> names) {
  http::Request request;
  request.certificate_end = kCertificateEnd;
  request.certificate_names = std::move(names);
  return request;
}

class ClientCertificatesTest : public testing::Test {
 protected:
  test::SetClocks clocks{Timestamp(std::chrono::seconds(1'000'000))};
  ClientCertificates certificates{{{.principal = {.name = "ci"}, .name = "DNS:ci.example"},
                                   {.principal = {.name = "anna"}, .name = "email:anna@example"}},
                                  clocks.guarded()};
};

TEST_F(ClientCertificatesTest, KnowTheirOwnersByOneOfTheirNames) {
  const auto known = certificates.identify(request_of({"URI:spiffe://example/x", "email:anna@example"})).value();
  ASSERT_TRUE(known);
  EXPECT_EQ(known->name, "anna");
  EXPECT_FALSE(certificates.identify(request_of({"DNS:anna@example"})).value());
  EXPECT_FALSE(certificates.identify(request_of({})).value());
}

// A22: the listener goes by the system's clock, and took one that had expired.
TEST_F(ClientCertificatesTest, KnowNobodyByAClockThatWasSetBack) {
  const http::Request ci = request_of({"DNS:ci.example"});
  EXPECT_TRUE(certificates.identify(ci).value());
  clocks.step(-std::chrono::hours(1));
  test::expect_refused(certificates.identify(ci), Errc::clock_set_back, "3600 s behind what it had told");
  EXPECT_FALSE(certificates.identify(request_of({"DNS:other.example"})).value());  // as good as none, as ever
  clocks.step(std::chrono::hours(1));
  EXPECT_TRUE(certificates.identify(ci).value());
}

// A22: whose chain was good at the handshake, perhaps by a clock that was behind, and whose connection lives on.
TEST_F(ClientCertificatesTest, KnowNobodyByOneThatHasExpiredSince) {
  const http::Request ci = request_of({"DNS:ci.example"});
  clocks.pass(std::chrono::seconds(60));
  EXPECT_TRUE(certificates.identify(ci).value());
  clocks.pass(std::chrono::milliseconds(1));
  test::expect_refused(certificates.identify(ci), Errc::unauthorized,
                       "the client certificate, or one above it, expired at 1970-01-12T13:47:40.000Z: connect anew");
  EXPECT_FALSE(certificates.identify(request_of({"DNS:other.example"})).value());
  http::Request without_end = ci;
  without_end.certificate_end = {};
  test::expect_refused(certificates.identify(without_end), Errc::unauthorized, "expired");
}

}  // namespace
}  // namespace credence::service::access
