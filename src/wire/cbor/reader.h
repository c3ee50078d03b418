// A bounded pull reader for CBOR (RFC 8949) over borrowed octets.
//
// Every getter either takes exactly one item of the expected type and moves on, or returns an Error with the offset
// of the item and leaves the reader where it was. Nothing is copied: texts and byte strings are views of the input
// (an indefinite-length string, which has no contiguous octets, is refused with Errc::unsupported).
//
//   Reader reader(input, limits);
//   TRY(Reader::Map map, reader.map());
//   while (true) {
//     TRY(const bool more, map.next(reader));      // refuses duplicate keys before the value is read
//     if (!more) break;
//     TRY(const std::int64_t key, reader.integer());
//     ...
//   }
//   CHECK(reader.finish());                         // refuses trailing bytes
//
// Not thread-safe. The input must outlive the reader and every view it gave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/cbor/head.h"
#include "wire/cbor/keys.h"
#include "wire/cbor/limits.h"
#include "wire/cbor/type.h"

namespace credence::cbor {

class Reader {
 public:
  class Array;
  class Map;

  explicit Reader(ByteView input, const Limits& limits = {}) noexcept;

  // The type of the next item, which stays unread. Errc::truncated at the end of the input. The end of a container is
  // found by next() alone: the octet that ends an indefinite one is no item (Errc::malformed).
  [[nodiscard]] Result<Type> peek() const;

  [[nodiscard]] Result<std::uint64_t> unsigned_integer();
  [[nodiscard]] Result<std::int64_t> integer();  // either sign; Errc::invalid_value beyond 64 bits signed
  [[nodiscard]] Result<ByteView> bytes();
  [[nodiscard]] Result<std::string_view> text();  // valid UTF-8 only
  [[nodiscard]] Result<bool> boolean();
  [[nodiscard]] Result<void> null();
  [[nodiscard]] Result<double> floating_point();
  [[nodiscard]] Result<std::uint64_t> negative_integer();  // the n of -1 - n: negative numbers down to -2^64
  [[nodiscard]] Result<std::uint8_t> simple();             // any simple value, false, true, null, undefined included
  [[nodiscard]] Result<std::uint64_t> tag();               // the tag number; its content is the next item
  [[nodiscard]] Result<void> expect_tag(std::uint64_t number);

  // Enters a container; its items follow on this reader, see Array::next and Map::next.
  [[nodiscard]] Result<Array> array();
  [[nodiscard]] Result<Map> map();

  // Takes one item whatever it is, validates all of it (duplicate keys and depth included), and returns its exact
  // octets: for skipping what is not understood and for keeping what will be verified.
  [[nodiscard]] Result<ByteView> raw_item();

  // Octets from the start of the input to the next item.
  [[nodiscard]] std::size_t offset() const noexcept { return position_; }
  [[nodiscard]] bool at_end() const noexcept { return position_ == input_.size(); }
  // Success only when the whole input was consumed: trailing bytes are refused.
  [[nodiscard]] Result<void> finish() const;

 private:
  [[nodiscard]] Result<Head> head() const;
  [[nodiscard]] Result<Head> expect(Type type) const;
  [[nodiscard]] Result<ByteView> string_content(const Head& head) const;
  [[nodiscard]] Result<std::optional<std::size_t>> entries(const Head& head, std::size_t octets_per_entry) const;
  [[nodiscard]] Result<void> check_depth() const;
  [[nodiscard]] Result<bool> another(std::optional<std::size_t> size, std::size_t taken);
  void take(std::size_t size) noexcept;
  [[nodiscard]] Result<void> skip();
  [[nodiscard]] Result<void> skip_array();
  [[nodiscard]] Result<void> skip_map();

  ByteView input_;
  Limits limits_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;  // open containers, and tags whose content has not been read
  std::size_t tags_ = 0;   // the part of depth_ that ends with the next item
  std::size_t items_ = 0;
};

// The items of an array. next() is called before each item and after the last one.
class Reader::Array {
 public:
  // True when an item follows; false once, when the array ends.
  [[nodiscard]] Result<bool> next(Reader& reader);
  // The number of items when the array has a definite length.
  [[nodiscard]] std::optional<std::size_t> size() const noexcept { return size_; }

 private:
  friend class Reader;
  std::optional<std::size_t> size_;
  std::size_t taken_ = 0;
  std::size_t inner_depth_ = 0;
  std::size_t outer_depth_ = 0;
};

// The entries of a map. next() is called before each key and after the last value. It compares the coming key with
// those already seen (Errc::duplicate_key), whatever encoding they have, and, in Form::deterministic, checks the order
// of keys. A key that is an array, a map or a tag must itself be deterministic in either form.
class Reader::Map {
 public:
  [[nodiscard]] Result<bool> next(Reader& reader);
  [[nodiscard]] std::optional<std::size_t> size() const noexcept { return size_; }

 private:
  friend class Reader;
  [[nodiscard]] Result<Key> key(const Reader& reader);
  [[nodiscard]] Result<void> check_order(const Reader& reader);

  std::optional<std::size_t> size_;
  std::size_t taken_ = 0;
  std::size_t inner_depth_ = 0;
  std::size_t outer_depth_ = 0;
  KeySet keys_;        // in Form::any: the keys seen so far
  ByteView previous_;  // in Form::deterministic: the octets of the last key
  // The end of the coming key, which next() has read: what skips the map goes on there. Reading nested keys again
  // would double the work at each level.
  std::size_t key_end_ = 0;
  std::size_t key_items_ = 0;  // items up to there
};

// True when the octets are exactly one well-formed item within the limits.
[[nodiscard]] Result<void> check_well_formed(ByteView input, const Limits& limits = {});

}  // namespace credence::cbor
