// Octets of which there are never more than a few: owned and copied as Bytes are, but kept in place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "base/bytes.h"

namespace credence {

// Converts to ByteView, as Bytes do. More than kMost octets are a bug of the caller, who has checked what he read:
// std::length_error.
template <std::size_t kMost>
class BoundedBytes {
 public:
  BoundedBytes() = default;
  explicit BoundedBytes(ByteView octets) { append(octets); }

  void append(ByteView octets) {
    if (octets.size() > kMost - size_) throw std::length_error("BoundedBytes");
    std::ranges::copy(octets, octets_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += octets.size();
  }

  [[nodiscard]] const std::uint8_t* data() const noexcept { return octets_.data(); }
  [[nodiscard]] const std::uint8_t* begin() const noexcept { return data(); }
  [[nodiscard]] const std::uint8_t* end() const noexcept { return data() + size_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  friend bool operator==(const BoundedBytes& left, const BoundedBytes& right) noexcept { return equal(left, right); }
  friend bool operator==(const BoundedBytes& left, ByteView right) noexcept { return equal(left, right); }

 private:
  std::array<std::uint8_t, kMost> octets_{};
  std::size_t size_ = 0;
};

}  // namespace credence
