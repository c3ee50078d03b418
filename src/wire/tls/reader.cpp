#include "wire/tls/reader.h"

#include <format>

namespace credence::tls {
namespace {

template <typename Integer>
Integer big_endian(ByteView octets) noexcept {
  Integer value = 0;
  for (const std::uint8_t octet : octets) value = static_cast<Integer>(std::uint64_t{value} << 8 | octet);
  return value;
}

}  // namespace

std::size_t length_width(Bounds bounds) noexcept {
  if (bounds.maximum <= 0xff) return 1;
  if (bounds.maximum <= 0xffff) return 2;
  return bounds.maximum <= 0xffffff ? 3 : 4;
}

Result<ByteView> Reader::fixed(std::size_t size) {
  // RFC 8446 section 3.4: lengths come from the peer. Without this check they read beyond the message.
  if (size > remaining()) {
    return fail_at(Errc::truncated, offset(), std::format("expected {} octets, got {}", size, remaining()));
  }
  const ByteView octets = input_.subspan(position_, size);
  position_ += size;
  return octets;
}

Result<std::uint8_t> Reader::u8() { return fixed(1).transform(big_endian<std::uint8_t>); }
Result<std::uint16_t> Reader::u16() { return fixed(2).transform(big_endian<std::uint16_t>); }
Result<std::uint32_t> Reader::u24() { return fixed(3).transform(big_endian<std::uint32_t>); }
Result<std::uint32_t> Reader::u32() { return fixed(4).transform(big_endian<std::uint32_t>); }
Result<std::uint64_t> Reader::u64() { return fixed(8).transform(big_endian<std::uint64_t>); }

Result<ByteView> Reader::vector(Bounds bounds) {
  Reader ahead = *this;
  TRY(const ByteView length_octets, ahead.fixed(length_width(bounds)));
  const auto length = big_endian<std::size_t>(length_octets);
  // RFC 8446 section 3.4: "Peers which receive a message which cannot be parsed according to the syntax (e.g., ...
  // having a length out of range) MUST terminate". An empty vector where one octet is the minimum would pass for an
  // absent value.
  if (length < bounds.minimum || length > bounds.maximum) {
    return fail_at(Errc::invalid_value, offset(),
                   std::format("expected a vector of {} to {} octets, got {}", bounds.minimum, bounds.maximum, length));
  }
  TRY(const ByteView content, ahead.fixed(length));
  *this = ahead;
  return content;
}

Result<Reader> Reader::nested(Bounds bounds) {
  TRY(const ByteView content, vector(bounds));
  return Reader(content, offset() - content.size());
}

Result<void> Reader::finish() const {
  // Octets that one side reads and the other skips would be outside of every check.
  if (at_end()) return {};
  return fail_at(Errc::trailing_bytes, offset(), std::format("expected the end, got {} more octets", remaining()));
}

}  // namespace credence::tls
