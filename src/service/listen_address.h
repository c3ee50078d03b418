// ADDR:PORT and [ADDR]:PORT as command lines spell them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::service {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

// Errc::usage when there is no port from 0 to 65535 after the last colon. Brackets around IPv6 addresses are removed.
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);
// The same for an option that says where to listen, such as "--listen", where the host may be left out: ":4433" is
// every IPv4 address.
[[nodiscard]] Result<HostPort> parse_listen_address(std::string_view option, std::string_view text);

}  // namespace credence::service
