// A CBOR writer that can only produce the deterministic form (RFC 8949 section 4.2.1): shortest heads, definite
// lengths, map keys in bytewise order of their encodings.
//
// Arrays and maps are opened with their number of items. Map entries may be written in any order: the writer sorts them
// when the map is complete. A key written twice, or a count that does not hold, is a bug of the caller: take() throws
// std::logic_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace credence::cbor {

class Writer {
 public:
  Writer& unsigned_integer(std::uint64_t value);
  Writer& integer(std::int64_t value);
  Writer& bytes(ByteView value);
  Writer& text(std::string_view value);
  Writer& boolean(bool value);
  Writer& null();
  Writer& floating_point(double value);     // in the shortest of the three widths that holds it
  Writer& tag(std::uint64_t number);        // its content is the next item
  Writer& array(std::size_t items);         // the next `items` items belong to it
  Writer& map(std::size_t entries);         // the next `entries` pairs of items belong to it
  Writer& raw_item(ByteView encoded_item);  // exactly one item that is already encoded, deterministic or not

  // The finished item or sequence of items; the writer is empty afterwards.
  [[nodiscard]] Bytes take();

 private:
  struct Open {  // a container that still waits for items
    bool is_map = false;
    std::size_t remaining = 0;             // items, keys and values counted apart
    std::vector<std::size_t> item_starts;  // of a map: offset of each key and each value
  };
  void octets(unsigned initial, std::uint64_t argument, std::size_t width);
  void head(std::uint8_t major, std::uint64_t argument);
  void begin_item();
  void end_item();
  void close_complete();
  void sort_map(const Open& map);

  Bytes out_;
  std::vector<Open> open_;
  bool after_tag_ = false;  // the content of a tag must follow
  bool duplicate_key_ = false;
};

}  // namespace credence::cbor
