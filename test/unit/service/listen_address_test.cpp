#include "service/listen_address.h"

#include <gtest/gtest.h>

#include <string_view>

#include "support/refusal.h"

namespace credence::service {
namespace {

struct Good {
  std::string_view text;
  std::string_view host;
  std::uint16_t port;
};

TEST(HostPort, IsReadAsCommandLinesSpellIt) {
  for (const Good& good : {Good{"127.0.0.1:4433", "127.0.0.1", 4433}, Good{"[::1]:1", "::1", 1},
                           Good{"server.example:65535", "server.example", 65535}}) {
    for (const auto& parsed : {parse_host_port(good.text), parse_listen_address("--listen", good.text)}) {
      ASSERT_TRUE(parsed) << parsed.error().text();
      EXPECT_EQ(parsed->host, good.host);
      EXPECT_EQ(parsed->port, good.port);
    }
  }
}

TEST(HostPort, IsRefusedWhenAnythingIsMissing) {
  for (const std::string_view bad : {"", ":", "127.0.0.1", "127.0.0.1:", "host:65536", "host:x", "::1:80", "[]:80"}) {
    test::expect_refused(parse_host_port(bad), Errc::usage, "expected HOST:PORT");
    test::expect_refused(parse_listen_address("--listen", bad), Errc::usage, "--listen: expected HOST:PORT");
  }
}

TEST(ListenAddress, WithoutHostIsEveryAddress) {
  const auto parsed = parse_listen_address("--listen", ":4433");
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->host, "0.0.0.0");
  EXPECT_EQ(parsed->port, 4433);
  test::expect_refused(parse_host_port(":4433"), Errc::usage, "expected HOST:PORT");  // a client means somebody
}

}  // namespace
}  // namespace credence::service
