#include "service/http/forwarded.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <format>

namespace credence::service::http {
namespace {

namespace asio = boost::asio;

std::string_view last_element(std::string_view list) noexcept {
  list.remove_prefix(list.rfind(',') + 1);  // npos + 1 is 0
  while (!list.empty() && (list.front() == ' ' || list.front() == '\t')) list.remove_prefix(1);
  while (!list.empty() && (list.back() == ' ' || list.back() == '\t')) list.remove_suffix(1);
  return list;
}

Result<asio::ip::address> parse(std::string_view text) {
  boost::system::error_code error;
  asio::ip::address address = asio::ip::make_address(text, error);
  if (error) return fail(Errc::malformed, std::format("expected an IP address, got \"{}\"", text.substr(0, 64)));
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address;
}

}  // namespace

Result<std::string> exact_address(std::string_view text) {
  TRY(const asio::ip::address address, parse(text));
  return address.to_string();
}

Result<std::string> client_address(std::string_view text) {
  TRY(const asio::ip::address address, parse(text));
  if (address.is_v4()) return address.to_string();
  auto octets = address.to_v6().to_bytes();
  std::fill(octets.begin() + 8, octets.end(), 0);
  return asio::ip::address_v6(octets).to_string();
}

std::optional<std::string> forwarded_client(const Request& request) {
  std::optional<std::string> client;
  for (const auto& [name, value] : request.headers) {
    if (!same_ignoring_case(name, "X-Forwarded-For")) continue;
    const auto address = client_address(last_element(value));
    client = address ? std::optional(*address) : std::nullopt;  // of several fields the last one is the proxy's
  }
  return client;
}

}  // namespace credence::service::http
