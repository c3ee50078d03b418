// Secret octets: cleansed when they go, never copied by accident, never printed, compared in constant time.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "base/bytes.h"

namespace credence {

// Overwrites in a way that the compiler may not leave out.
void cleanse(MutableByteView octets) noexcept;

// The time depends on the lengths only.
[[nodiscard]] bool constant_time_equal(ByteView left, ByteView right) noexcept;

// Owns a fixed number of secret octets. Not copyable and without operator<<: a secret must not reach a log, a core
// file (the owner's process disables core dumps) or an error text.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : octets_(std::make_unique<std::uint8_t[]>(size)), size_(size) {}
  explicit SecretBytes(ByteView from) : SecretBytes(from.size()) { std::ranges::copy(from, octets_.get()); }
  SecretBytes(SecretBytes&& other) noexcept : octets_(std::move(other.octets_)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      cleanse(octets());
      octets_ = std::move(other.octets_);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { cleanse(octets()); }

  [[nodiscard]] ByteView view() const noexcept { return {octets_.get(), size_}; }
  [[nodiscard]] MutableByteView octets() noexcept { return {octets_.get(), size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  friend bool operator==(const SecretBytes& left, const SecretBytes& right) noexcept {
    return constant_time_equal(left.view(), right.view());
  }

 private:
  std::unique_ptr<std::uint8_t[]> octets_;
  std::size_t size_ = 0;
};

}  // namespace credence
