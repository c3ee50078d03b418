// What a CBOR input may cost before it is refused.
#pragma once

#include <cstddef>
#include <cstdint>

namespace credence::cbor {

// Which encodings are taken. RFC 8949 section 4.2.1 ("core deterministic") where a format demands it.
enum class Form : std::uint8_t {
  any,            // non-shortest heads, unsorted keys and indefinite lengths are accepted; duplicates never
  deterministic,  // shortest heads, definite lengths, keys in bytewise order
};

// Skipping recurses once a level: this many fit any stack.
inline constexpr std::size_t kDeepest = 256;

struct Limits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 16;      // nested arrays, maps and tags; more than kDeepest counts as kDeepest
  std::size_t items = 65'536;  // data items in the whole input
  Form form = Form::any;
};

}  // namespace credence::cbor
