// Random CBOR data items for property and differential tests.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "wire/cbor/type.h"
#include "wire/cbor/writer.h"

namespace credence::test {

struct CborItem {
  cbor::Type type = cbor::Type::null;
  std::uint64_t number = 0;        // an unsigned integer, the n of -1 - n, a tag, a boolean, the bits of a double
  std::string octets;              // of a string
  std::vector<CborItem> children;  // of an array or a tag; of a map key, value, key, value

  friend bool operator==(const CborItem&, const CborItem&) = default;
};

// A number in [0, below). Where the randomness comes from is the caller's choice.
using Choose = std::function<std::uint64_t(std::uint64_t below)>;

inline std::uint64_t choose_number(const Choose& choose) {
  const std::uint64_t bits = choose(64);
  return choose(std::uint64_t{1} << bits);
}

inline std::string choose_text(const Choose& choose) {
  std::string text;
  for (std::uint64_t size = choose(30); text.size() < size;) text += static_cast<char>('a' + choose(26));
  return text;
}

inline CborItem choose_item(const Choose& choose, std::size_t depth);

inline CborItem choose_map(const Choose& choose, std::size_t depth) {
  CborItem map;
  map.type = cbor::Type::map;
  std::vector<CborItem> keys;
  for (std::uint64_t left = choose(12); left > 0; --left) {
    CborItem key = choose_item(choose, 1);
    if (std::ranges::find(keys, key) != keys.end()) continue;
    keys.push_back(key);
    map.children.push_back(std::move(key));
    map.children.push_back(choose_item(choose, depth - 1));
  }
  return map;
}

// An item of at most `depth` levels.
inline CborItem choose_item(const Choose& choose, std::size_t depth) {
  using enum cbor::Type;
  constexpr cbor::Type kTypes[] = {
      unsigned_integer, negative_integer, byte_string, text_string, boolean, null, floating_point, array, map, tag};
  CborItem item;
  item.type = kTypes[choose(depth > 1 ? 10 : 7)];
  switch (item.type) {
    case array:
      for (std::uint64_t left = choose(8); left > 0; --left) item.children.push_back(choose_item(choose, depth - 1));
      break;
    case map:
      return choose_map(choose, depth);
    case tag:
      item.number = choose_number(choose);
      item.children.push_back(choose_item(choose, depth - 1));
      break;
    case byte_string:
    case text_string:
      item.octets = choose_text(choose);
      break;
    case boolean:
      item.number = choose(2);
      break;
    case floating_point:
      item.number = std::bit_cast<std::uint64_t>(static_cast<double>(choose_number(choose)) / 16.0);
      break;
    case unsigned_integer:
    case negative_integer:
      item.number = choose_number(choose) >> 1;
      break;
    default:
      break;
  }
  return item;
}

inline void write(cbor::Writer& writer, const CborItem& item) {
  switch (item.type) {
    case cbor::Type::unsigned_integer:
      writer.unsigned_integer(item.number);
      break;
    case cbor::Type::negative_integer:
      writer.integer(-1 - static_cast<std::int64_t>(item.number));
      break;
    case cbor::Type::byte_string:
      writer.bytes(as_bytes(item.octets));
      break;
    case cbor::Type::text_string:
      writer.text(item.octets);
      break;
    case cbor::Type::boolean:
      writer.boolean(item.number == 1);
      break;
    case cbor::Type::floating_point:
      writer.floating_point(std::bit_cast<double>(item.number));
      break;
    case cbor::Type::array:
      writer.array(item.children.size());
      break;
    case cbor::Type::map:
      writer.map(item.children.size() / 2);
      break;
    case cbor::Type::tag:
      writer.tag(item.number);
      break;
    default:
      writer.null();
  }
  for (const CborItem& child : item.children) write(writer, child);
}

inline Bytes encode(const CborItem& item) {
  cbor::Writer writer;
  write(writer, item);
  return writer.take();
}

}  // namespace credence::test
