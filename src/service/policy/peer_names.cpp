#include "service/policy/peer_names.h"

#include <format>
#include <ranges>
#include <string_view>

#include "base/text.h"

namespace credence::service {

Result<json::Object> peer_names(std::span<const std::string> entries) {
  json::Object names;
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Errc::configuration, std::format("expected NAME=INSTANCE,..., got \"{}\"", entry));
    if (equals + 1 == entry.size())  // split() would see no part at all
      return fail(Errc::configuration,
                  std::format("{}: expected an instance in hexadecimal, got \"\"", entry.substr(0, equals)));
    json::Value& instances = names[std::string_view(entry).substr(0, equals)];
    if (!instances.is_array()) instances = json::Array();
    for (const auto part : std::string_view(entry).substr(equals + 1) | std::views::split(',')) {
      const auto octets = from_hex(std::string_view(part));
      if (!octets || octets->empty())
        return fail(Errc::configuration, std::format("{}: expected an instance in hexadecimal, got \"{}\"",
                                                     entry.substr(0, equals), std::string_view(part)));
      instances.get_array().emplace_back(to_hex(*octets));
    }
  }
  return names;
}

}  // namespace credence::service
