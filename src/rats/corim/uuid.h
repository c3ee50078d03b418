// UUID (RFC 9562): 16 octets in CBOR, 36 characters as text.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::rats {

struct Uuid {
  std::array<std::uint8_t, 16> octets{};
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static Result<Uuid> from_text(std::string_view text);
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

}  // namespace credence::rats
