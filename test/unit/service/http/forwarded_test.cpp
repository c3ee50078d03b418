#include "service/http/forwarded.h"

#include <gtest/gtest.h>

#include "support/refusal.h"

namespace credence::service::http {
namespace {

Request with(const std::vector<std::string>& values) {
  Request request;
  for (const std::string& value : values) request.headers.emplace_back("x-forwarded-for", value);
  return request;
}

TEST(Forwarded, IsWhatTheProxyItselfHasAdded) {
  EXPECT_EQ(forwarded_client(with({"192.0.2.1"})), "192.0.2.1");
  EXPECT_EQ(forwarded_client(with({"198.51.100.7, 192.0.2.1 "})), "192.0.2.1") << "the client wrote the first";
  EXPECT_EQ(forwarded_client(with({"198.51.100.7", "192.0.2.1"})), "192.0.2.1");
  EXPECT_EQ(forwarded_client(with({"2001:db8:1:2:3:4:5:6"})), "2001:db8:1:2::");
  EXPECT_EQ(forwarded_client(with({"::ffff:192.0.2.1"})), "192.0.2.1");
  EXPECT_EQ(forwarded_client(with({})), std::nullopt);
  for (const char* none : {"", "unknown", "192.0.2.1,", "192.0.2.1:80", "localhost"})
    EXPECT_EQ(forwarded_client(with({none})), std::nullopt) << none;
  EXPECT_EQ(forwarded_client(with({"192.0.2.1", "unknown"})), std::nullopt);
}

// A client of IPv6 is its network, a proxy is not: its neighbours could name whom they like.
TEST(Forwarded, TellsAProxyFromItsNeighbours) {
  EXPECT_EQ(exact_address("2001:DB8:0::5").value(), "2001:db8::5");
  EXPECT_NE(exact_address("2001:db8::5").value(), exact_address("2001:db8::6").value());
  EXPECT_EQ(exact_address("::ffff:127.0.0.1").value(), "127.0.0.1");
}

TEST(Forwarded, NamesWhatIsNoAddress) {
  EXPECT_EQ(client_address("127.0.0.1").value(), "127.0.0.1");
  test::expect_refused(client_address("proxy.example"), Errc::malformed, "got \"proxy.example\"");
}

}  // namespace
}  // namespace credence::service::http
