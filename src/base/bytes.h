// Octets. Views in, owners out: functions take ByteView and return Bytes.
//
// std::uint8_t and not std::byte: OpenSSL, tpm2-tss, SQLite and Beast all speak unsigned char, and a cast at
// every edge would hide the casts that matter (docs/decisions/bytes.md).
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace credence {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

// The octets of a text, without its terminator.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The octets seen as text; the caller knows that they are text, or only passes them on.
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

// Not for secrets nor for anything an attacker guesses octet by octet: see constant_time_equal() in secret.h.
[[nodiscard]] inline bool equal(ByteView left, ByteView right) noexcept { return std::ranges::equal(left, right); }

inline void append(Bytes& to, ByteView from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace credence
