// The kinds of CBOR data items as a reader tells them apart (RFC 8949 section 3).
#pragma once

#include <cstdint>
#include <string_view>

namespace credence::cbor {

enum class Type : std::uint8_t {
  unsigned_integer,
  negative_integer,
  byte_string,
  text_string,
  array,
  map,
  tag,
  boolean,
  null,
  undefined,
  floating_point,
  simple,  // any other simple value
};

[[nodiscard]] std::string_view name(Type type) noexcept;

}  // namespace credence::cbor
