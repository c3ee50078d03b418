// CoRIMs put together from the hexadecimal of their parts.
#pragma once

#include <format>
#include <string>
#include <string_view>

#include "hex.h"

namespace credence::test {

// The head of a byte string of fewer than 65536 octets, and the octets.
[[nodiscard]] inline std::string wrapped(std::string_view part) {
  const std::string octets = to_hex(hex(part));
  const std::size_t size = octets.size() / 2;
  if (size < 24) return std::format("{:02x}{}", 0x40 + size, octets);
  if (size < 256) return std::format("58{:02x}{}", size, octets);
  return std::format("59{:04x}{}", size, octets);
}

inline constexpr std::string_view kClassUuid = "d825 50 cd1f0e5526f9460db9d8f7fde171787c";

// A CoMID with the tag-id "c" and the given triples-map.
[[nodiscard]] inline std::string comid(std::string_view triples) {
  return std::format("a2 01 a1 00 61 63 04 {}", triples);
}

// #6.501({0: "i", 1: [#6.506(<<comid>>)]})
[[nodiscard]] inline std::string corim(std::string_view comid_map) {
  return std::format("d901f5 a2 00 61 69 01 81 d901fa {}", wrapped(comid_map));
}

// A reference triple for the class kClassUuid.
[[nodiscard]] inline std::string reference(std::string_view measurements) {
  return std::format("a1 00 81 82 a1 00 a1 00 {} {}", kClassUuid, measurements);
}

}  // namespace credence::test
