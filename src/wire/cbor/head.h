// The head of a data item: its initial octet and its argument (RFC 8949 section 3).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/cbor/limits.h"
#include "wire/cbor/type.h"

namespace credence::cbor {

inline constexpr std::uint8_t kBreak = 0xff;  // ends an indefinite-length container; never an item

struct Head {
  Type type{};
  bool indefinite = false;
  std::uint64_t argument = 0;  // of a floating-point number: the bits of the double
  std::size_t size = 0;        // octets of the head itself
};

// Reads the head at `position`. Every error has that offset.
[[nodiscard]] Result<Head> read_head(ByteView input, std::size_t position, Form form);

}  // namespace credence::cbor
