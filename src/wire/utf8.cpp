#include "wire/utf8.h"

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace credence {
namespace {

struct Sequence {
  std::size_t size;         // octets, 0 when the first octet cannot begin a character
  std::uint8_t second_min;  // bounds of the second octet: they exclude overlong forms, surrogates and U+110000 on
  std::uint8_t second_max;
};

// RFC 3629 section 4, the table UTF8-1 to UTF8-4.
Sequence sequence_of(std::uint8_t first) noexcept {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xc2) return {0, 0, 0};
  if (first < 0xe0) return {2, 0x80, 0xbf};
  if (first == 0xe0) return {3, 0xa0, 0xbf};
  if (first == 0xed) return {3, 0x80, 0x9f};
  if (first < 0xf0) return {3, 0x80, 0xbf};
  if (first == 0xf0) return {4, 0x90, 0xbf};
  if (first < 0xf4) return {4, 0x80, 0xbf};
  if (first == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  const ByteView octets = as_bytes(text);
  for (std::size_t at = 0; at < octets.size();) {
    const auto [size, second_min, second_max] = sequence_of(octets[at]);
    if (size == 0 || size > octets.size() - at) return false;
    if (size > 1 && (octets[at + 1] < second_min || octets[at + 1] > second_max)) return false;
    for (std::size_t i = 2; i < size; ++i) {
      if ((octets[at + i] & 0xc0) != 0x80) return false;
    }
    at += size;
  }
  return true;
}

}  // namespace credence
