#include "service/listen_address.h"

#include <charconv>
#include <format>
#include <string>
#include <utility>

namespace credence::service {

Result<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [text] {
    return fail(Errc::usage, std::format("expected HOST:PORT or [IPv6]:PORT, got '{}'", text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  HostPort parsed;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (error != std::errc() || end != port.data() + port.size()) return wrong();
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!bracketed && host.contains(':'))) return wrong();
  parsed.host = host;
  return parsed;
}

Result<HostPort> parse_listen_address(std::string_view option, std::string_view text) {
  const bool without_host = text.starts_with(':') && !text.substr(1).contains(':');
  auto parsed = parse_host_port(without_host ? std::format("0.0.0.0{}", text) : std::string(text));
  if (!parsed) return fail(Errc::usage, std::format("{}: {}", option, parsed.error().why));
  return parsed;
}

}  // namespace credence::service
