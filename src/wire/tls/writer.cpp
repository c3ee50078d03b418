#include "wire/tls/writer.h"

#include <format>

namespace credence::tls {

void Writer::big_endian(std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i > 0; --i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

Writer& Writer::u8(std::uint8_t value) {
  out_.push_back(value);
  return *this;
}

Writer& Writer::u16(std::uint16_t value) {
  big_endian(value, 2);
  return *this;
}

Writer& Writer::u24(std::uint32_t value) {
  big_endian(value, 3);
  return *this;
}

Writer& Writer::u32(std::uint32_t value) {
  big_endian(value, 4);
  return *this;
}

Writer& Writer::u64(std::uint64_t value) {
  big_endian(value, 8);
  return *this;
}

Writer& Writer::fixed(ByteView octets) {
  append(out_, octets);
  return *this;
}

Result<void> Writer::vector(ByteView octets, Bounds bounds) {
  // RFC 8446 section 3.4: a length that does not fit its field would be cut, and the rest read as the next member.
  if (octets.size() > bounds.maximum) {
    return fail(Errc::too_large, std::format("expected at most {} octets, got {}", bounds.maximum, octets.size()));
  }
  if (octets.size() < bounds.minimum) {
    return fail(Errc::invalid_value, std::format("expected at least {} octets, got {}", bounds.minimum, octets.size()));
  }
  big_endian(octets.size(), length_width(bounds));
  append(out_, octets);
  return {};
}

}  // namespace credence::tls
