// The TLS presentation language (RFC 8446 section 3): big-endian integers and length-prefixed vectors, read from
// borrowed octets without a copy. Also what TPM structures need: the same integers, TPM2B as a 16-bit vector.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::tls {

// Bounds of a vector in octets: opaque x<minimum..maximum>. The width of the length follows from the maximum.
struct Bounds {
  std::size_t minimum = 0;
  std::size_t maximum = 0;
};

// Octets of the length before such a vector: 1 to 4.
[[nodiscard]] std::size_t length_width(Bounds bounds) noexcept;

// A getter that fails leaves the reader where it was; the offset in its error is that of the refused part.
class Reader {
 public:
  // `base` is added to the offsets in errors: where this part starts in a larger message.
  explicit Reader(ByteView input, std::size_t base = 0) noexcept : input_(input), base_(base) {}

  [[nodiscard]] Result<std::uint8_t> u8();
  [[nodiscard]] Result<std::uint16_t> u16();
  [[nodiscard]] Result<std::uint32_t> u24();
  [[nodiscard]] Result<std::uint32_t> u32();
  [[nodiscard]] Result<std::uint64_t> u64();
  [[nodiscard]] Result<ByteView> fixed(std::size_t size);
  [[nodiscard]] Result<ByteView> vector(Bounds bounds);
  // A vector as a reader of its own, with offsets of the whole.
  [[nodiscard]] Result<Reader> nested(Bounds bounds);

  [[nodiscard]] std::size_t offset() const noexcept { return base_ + position_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return input_.size() - position_; }
  [[nodiscard]] bool at_end() const noexcept { return remaining() == 0; }
  // Refuses trailing bytes.
  [[nodiscard]] Result<void> finish() const;

 private:
  ByteView input_;
  std::size_t base_;
  std::size_t position_ = 0;
};

}  // namespace credence::tls
