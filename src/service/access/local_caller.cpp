#include "service/access/local_caller.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <format>
#include <string>
#include <string_view>

namespace credence::service::access {
namespace {

constexpr std::string_view kInstead =
    "without a credential this is only for programs on this machine that connect directly: configure "
    "--provisioning-token or --access";

bool starts_with(std::string_view text, std::string_view start) noexcept {
  return http::same_ignoring_case(text.substr(0, start.size()), start);
}

// RFC 7239 and RFC 9110 section 7.6.3, and what proxies used before.
bool is_of_proxy(std::string_view header) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"Forwarded", "Via", "X-Real-IP"};
  return starts_with(header, "X-Forwarded-") ||
         std::ranges::any_of(kNames, [&](auto name) { return http::same_ignoring_case(name, header); });
}

// Fetch Metadata and RFC 6454: pages cannot leave them out.
bool is_of_browser(std::string_view header) noexcept {
  return http::same_ignoring_case(header, "Origin") || starts_with(header, "Sec-Fetch-");
}

// RFC 9110 section 7.2: uri-host [":" port].
std::string_view without_port(std::string_view host) noexcept {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.ends_with(']')) return host;
  const std::string_view port = host.substr(colon + 1);
  return port.find_first_not_of("0123456789") == std::string_view::npos ? host.substr(0, colon) : host;
}

bool is_this_machine(std::string_view host) {
  const std::string name(without_port(host));
  if (http::same_ignoring_case(name, "localhost") || name == "[::1]") return true;
  in_addr address{};
  return ::inet_pton(AF_INET, name.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

}  // namespace

Result<void> check_local_caller(const http::Request& request) {
  for (const auto& [name, value] : request.headers) {
    if (!is_of_proxy(name) && !is_of_browser(name)) continue;
    return fail(Errc::unauthorized, std::format("got the header {}, which a {} adds; {}", name,
                                                is_of_proxy(name) ? "proxy" : "browser", kInstead));
  }
  TRY(const auto host, request.header("Host"));
  if (host && is_this_machine(*host)) return {};
  return fail(Errc::unauthorized, std::format("Host: expected localhost or a loopback address, got {}; {}",
                                              host ? "\"" + std::string(*host) + "\"" : "none", kInstead));
}

}  // namespace credence::service::access
