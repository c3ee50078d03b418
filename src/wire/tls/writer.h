// Writes the TLS presentation language (RFC 8446 section 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/tls/reader.h"

namespace credence::tls {

class Writer {
 public:
  Writer& u8(std::uint8_t value);
  Writer& u16(std::uint16_t value);
  Writer& u24(std::uint32_t value);
  Writer& u32(std::uint32_t value);
  Writer& u64(std::uint64_t value);
  Writer& fixed(ByteView octets);
  // opaque <minimum..maximum>; Errc::too_large or invalid_value when the octets do not fit the bounds.
  [[nodiscard]] Result<void> vector(ByteView octets, Bounds bounds);

  [[nodiscard]] ByteView view() const noexcept { return out_; }
  [[nodiscard]] Bytes take() noexcept { return std::move(out_); }

 private:
  void big_endian(std::uint64_t value, std::size_t width);

  Bytes out_;
};

}  // namespace credence::tls
