#include "wire/cbor/reader.h"

#include <algorithm>
#include <bit>
#include <format>
#include <limits>
#include <utility>

#include "wire/utf8.h"

namespace credence::cbor {

Reader::Reader(ByteView input, const Limits& limits) noexcept : input_(input), limits_(limits) {
  limits_.depth = std::min(limits_.depth, kDeepest);
}

// --- one item ---

Result<Head> Reader::head() const {
  // Limits come before any work: a hostile input costs its sender more than its reader.
  if (input_.size() > limits_.bytes) {
    return fail_at(Errc::too_large, limits_.bytes,
                   std::format("expected at most {} octets, got {}", limits_.bytes, input_.size()));
  }
  if (items_ >= limits_.items) {
    return fail_at(Errc::too_large, position_, std::format("expected at most {} data items", limits_.items));
  }
  return read_head(input_, position_, limits_.form);
}

Result<Head> Reader::expect(Type type) const {
  Result<Head> next = head();
  if (next && next->type != type) {
    next = fail_at(Errc::unexpected_type, position_, std::format("expected {}, got {}", name(type), name(next->type)));
  }
  return next;
}

void Reader::take(std::size_t size) noexcept {
  position_ += size;
  ++items_;
  depth_ -= tags_;  // an item ends the tags before it
  tags_ = 0;
}

Result<Type> Reader::peek() const {
  return head().transform([](const Head& next) { return next.type; });
}

Result<std::uint64_t> Reader::unsigned_integer() {
  TRY(const Head next, expect(Type::unsigned_integer));
  take(next.size);
  return next.argument;
}

Result<std::uint64_t> Reader::negative_integer() {
  TRY(const Head next, expect(Type::negative_integer));
  take(next.size);
  return next.argument;
}

Result<std::int64_t> Reader::integer() {
  TRY(const Head next, head());
  if (next.type != Type::unsigned_integer && next.type != Type::negative_integer) {
    return fail_at(Errc::unexpected_type, position_, std::format("expected an integer, got {}", name(next.type)));
  }
  if (next.argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail_at(Errc::invalid_value, position_, "expected an integer of 64 bits with its sign");
  }
  take(next.size);
  const auto argument = static_cast<std::int64_t>(next.argument);
  return next.type == Type::unsigned_integer ? argument : -1 - argument;
}

Result<ByteView> Reader::string_content(const Head& head) const {
  if (head.indefinite) {
    return fail_at(Errc::unsupported, position_, "expected a string of definite length, got one in chunks");
  }
  const std::size_t remaining = input_.size() - position_ - head.size;
  if (head.argument > remaining) {
    return fail_at(Errc::truncated, position_,
                   std::format("expected {} octets of {}, got {}", head.argument, name(head.type), remaining));
  }
  const ByteView content = input_.subspan(position_ + head.size, head.argument);
  // RFC 8949 section 3.1: text is valid UTF-8. What is not would compare, log and print differently in each reader.
  if (head.type == Type::text_string && !is_utf8(as_text(content))) {
    return fail_at(Errc::malformed, position_, "expected text in UTF-8");
  }
  return content;
}

Result<ByteView> Reader::bytes() {
  TRY(const Head next, expect(Type::byte_string));
  TRY(const ByteView content, string_content(next));
  take(next.size + content.size());
  return content;
}

Result<std::string_view> Reader::text() {
  TRY(const Head next, expect(Type::text_string));
  TRY(const ByteView content, string_content(next));
  take(next.size + content.size());
  return as_text(content);
}

Result<bool> Reader::boolean() {
  TRY(const Head next, expect(Type::boolean));
  take(next.size);
  return next.argument == 21;
}

Result<void> Reader::null() {
  TRY(const Head next, expect(Type::null));
  take(next.size);
  return {};
}

Result<std::uint8_t> Reader::simple() {
  TRY(const Head next, head());
  if (next.type < Type::boolean || next.type == Type::floating_point) {
    return fail_at(Errc::unexpected_type, position_, std::format("expected a simple value, got {}", name(next.type)));
  }
  take(next.size);
  return static_cast<std::uint8_t>(next.argument);
}

Result<double> Reader::floating_point() {
  TRY(const Head next, expect(Type::floating_point));
  take(next.size);
  return std::bit_cast<double>(next.argument);
}

Result<std::uint64_t> Reader::tag() {
  TRY(const Head next, expect(Type::tag));
  CHECK(check_depth());
  position_ += next.size;
  ++items_;
  ++depth_;
  ++tags_;
  return next.argument;
}

Result<void> Reader::expect_tag(std::uint64_t number) {
  TRY(const Head next, expect(Type::tag));
  if (next.argument != number) {
    return fail_at(Errc::unexpected_type, position_, std::format("expected tag {}, got {}", number, next.argument));
  }
  return tag().transform([](std::uint64_t) {});
}

Result<void> Reader::finish() const {
  // What follows the item would be outside of every check, and a second reader may look there first.
  if (!at_end()) {
    return fail_at(Errc::trailing_bytes, position_,
                   std::format("expected the end, got {} more octets", input_.size() - position_));
  }
  if (tags_ > 0) return fail_at(Errc::truncated, position_, "expected the content of a tag, got the end");
  return {};
}

// --- containers ---

Result<void> Reader::check_depth() const {
  // Without a limit, an input of 1 MiB nests a million levels and takes the stack of whoever recurses.
  if (depth_ < limits_.depth) return {};
  return fail_at(Errc::too_deep, position_, std::format("expected at most {} levels", limits_.depth));
}

Result<std::optional<std::size_t>> Reader::entries(const Head& head, std::size_t octets_per_entry) const {
  if (head.indefinite) return std::nullopt;
  // Each entry takes an octet or two. A count that cannot be true is refused before anyone reserves memory for it.
  if (head.argument > (input_.size() - position_ - head.size) / octets_per_entry) {
    return fail_at(Errc::truncated, position_,
                   std::format("expected {} entries of {}, got the end", head.argument, name(head.type)));
  }
  return head.argument;
}

Result<Reader::Array> Reader::array() {
  TRY(const Head next, expect(Type::array));
  CHECK(check_depth());
  Array array;
  TRY(array.size_, entries(next, 1));
  array.outer_depth_ = depth_ - tags_;
  array.inner_depth_ = depth_ + 1;
  take(next.size);
  depth_ = array.inner_depth_;
  return array;
}

Result<Reader::Map> Reader::map() {
  TRY(const Head next, expect(Type::map));
  CHECK(check_depth());
  Map map;
  TRY(map.size_, entries(next, 2));
  map.outer_depth_ = depth_ - tags_;
  map.inner_depth_ = depth_ + 1;
  take(next.size);
  depth_ = map.inner_depth_;
  return map;
}

Result<bool> Reader::another(std::optional<std::size_t> size, std::size_t taken) {
  if (size) return taken < *size;
  if (at_end()) return fail_at(Errc::truncated, position_, "expected an item or a break, got the end");
  if (input_[position_] != kBreak) return true;
  ++position_;
  return false;
}

Result<bool> Reader::Array::next(Reader& reader) {
  reader.depth_ = inner_depth_;
  TRY(const bool more, reader.another(size_, taken_));
  if (more) {
    ++taken_;
  } else {
    reader.depth_ = outer_depth_;
  }
  return more;
}

Result<bool> Reader::Map::next(Reader& reader) {
  reader.depth_ = inner_depth_;
  TRY(const bool more, reader.another(size_, taken_));
  if (!more) {
    reader.depth_ = outer_depth_;
    return false;
  }
  TRY(const Key coming, key(reader));
  if (reader.limits_.form == Form::deterministic) {
    CHECK(check_order(reader));
  } else if (!keys_.insert(coming)) {
    // RFC 8949 section 5.6. Of two values under one key, one reader takes the first and another the last: an attacker
    // has one of them verified and the other one used.
    return fail_at(Errc::duplicate_key, reader.position_, "expected a key that is not in the map yet");
  }
  ++taken_;
  return true;
}

// Reads the coming key without moving the reader.
Result<Key> Reader::Map::key(const Reader& reader) {
  TRY(const Head head, reader.head());
  Key key{.type = head.type, .argument = head.argument};
  key_end_ = reader.position_ + head.size;
  key_items_ = reader.items_ + 1;
  switch (head.type) {
    case Type::byte_string:
    case Type::text_string: {
      TRY(key.content, reader.string_content(head));
      key_end_ += key.content.size();
      break;
    }
    case Type::array:
    case Type::map:
    case Type::tag: {
      // Only one encoding is taken, so that comparing octets compares keys.
      Reader ahead = reader;
      ahead.limits_.form = Form::deterministic;
      CHECK(ahead.skip());
      key.content = reader.input_.subspan(reader.position_, ahead.position_ - reader.position_);
      key_end_ = ahead.position_;
      key_items_ = ahead.items_;
      break;
    }
    default:
      break;
  }
  return key;
}

// RFC 8949 section 4.2.1: keys in the bytewise order of their encodings. Neighbours are enough to find duplicates.
Result<void> Reader::Map::check_order(const Reader& reader) {
  const ByteView current = reader.input_.subspan(reader.position_, key_end_ - reader.position_);
  const ByteView previous = previous_;
  previous_ = current;
  if (std::ranges::lexicographical_compare(previous, current)) return {};
  if (equal(previous, current)) {
    return fail_at(Errc::duplicate_key, reader.position_, "expected a key that is not in the map yet");
  }
  return fail_at(Errc::not_deterministic, reader.position_, "expected the keys in bytewise order");
}

// --- whole items ---

Result<void> Reader::skip_array() {
  TRY(Array items, array());
  while (true) {
    TRY(const bool more, items.next(*this));
    if (!more) return {};
    CHECK(skip());
  }
}

Result<void> Reader::skip_map() {
  TRY(Map entries, map());
  while (true) {
    TRY(const bool more, entries.next(*this));
    if (!more) return {};
    position_ = entries.key_end_;
    items_ = entries.key_items_;
    CHECK(skip());
  }
}

Result<void> Reader::skip() {
  TRY(const Head next, head());
  switch (next.type) {
    case Type::array:
      return skip_array();
    case Type::map:
      return skip_map();
    case Type::tag:
      CHECK(tag());
      return skip();
    case Type::byte_string:
    case Type::text_string: {
      TRY(const ByteView content, string_content(next));
      take(next.size + content.size());
      return {};
    }
    default:
      take(next.size);
      return {};
  }
}

Result<ByteView> Reader::raw_item() {
  const Reader before = *this;
  if (Result<void> skipped = skip(); !skipped) {
    *this = before;
    return std::unexpected(std::move(skipped).error());
  }
  return input_.subspan(before.position_, position_ - before.position_);
}

Result<void> check_well_formed(ByteView input, const Limits& limits) {
  Reader reader(input, limits);
  CHECK(reader.raw_item());
  return reader.finish();
}

}  // namespace credence::cbor
