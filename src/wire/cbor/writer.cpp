#include "wire/cbor/writer.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

#include "wire/cbor/float.h"

namespace credence::cbor {
namespace {

enum Major : std::uint8_t { kUnsigned, kNegative, kByteString, kTextString, kArray, kMap, kTag, kSimple };

struct Entry {
  ByteView key;
  ByteView octets;  // key and value
};

bool key_less(const Entry& left, const Entry& right) {
  return std::ranges::lexicographical_compare(left.key, right.key);
}

}  // namespace

// --- items ---

Writer& Writer::unsigned_integer(std::uint64_t value) {
  begin_item();
  head(kUnsigned, value);
  end_item();
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  if (value >= 0) return unsigned_integer(static_cast<std::uint64_t>(value));
  begin_item();
  head(kNegative, static_cast<std::uint64_t>(-1 - value));
  end_item();
  return *this;
}

Writer& Writer::bytes(ByteView value) {
  begin_item();
  head(kByteString, value.size());
  append(out_, value);
  end_item();
  return *this;
}

Writer& Writer::text(std::string_view value) {
  begin_item();
  head(kTextString, value.size());
  append(out_, as_bytes(value));
  end_item();
  return *this;
}

Writer& Writer::boolean(bool value) {
  begin_item();
  head(kSimple, value ? 21 : 20);
  end_item();
  return *this;
}

Writer& Writer::null() {
  begin_item();
  head(kSimple, 22);
  end_item();
  return *this;
}

Writer& Writer::floating_point(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  begin_item();
  if (const auto half = double_to_half(bits)) {
    octets(kSimple << 5 | 25, *half, 2);
  } else if (const auto single = double_to_single(bits)) {
    octets(kSimple << 5 | 26, *single, 4);
  } else {
    octets(kSimple << 5 | 27, bits, 8);
  }
  end_item();
  return *this;
}

Writer& Writer::tag(std::uint64_t number) {
  begin_item();
  head(kTag, number);
  after_tag_ = true;
  return *this;
}

Writer& Writer::array(std::size_t items) {
  begin_item();
  head(kArray, items);
  open_.push_back({.is_map = false, .remaining = items, .item_starts = {}});
  close_complete();
  return *this;
}

Writer& Writer::map(std::size_t entries) {
  begin_item();
  head(kMap, entries);
  open_.push_back({.is_map = true, .remaining = 2 * entries, .item_starts = {}});
  open_.back().item_starts.reserve(2 * entries);
  close_complete();
  return *this;
}

Writer& Writer::raw_item(ByteView encoded_item) {
  begin_item();
  append(out_, encoded_item);
  end_item();
  return *this;
}

Bytes Writer::take() {
  if (!open_.empty()) throw std::logic_error("cbor::Writer: a container has fewer items than it was opened with");
  if (after_tag_) throw std::logic_error("cbor::Writer: a tag without content");
  if (duplicate_key_) throw std::logic_error("cbor::Writer: a map key was written twice");
  return std::exchange(out_, {});
}

// --- heads ---

void Writer::octets(unsigned initial, std::uint64_t argument, std::size_t width) {
  out_.push_back(static_cast<std::uint8_t>(initial));
  for (std::size_t i = width; i > 0; --i) out_.push_back(static_cast<std::uint8_t>(argument >> (8 * (i - 1))));
}

// RFC 8949 section 4.2.1: the shortest form of the argument.
void Writer::head(std::uint8_t major, std::uint64_t argument) {
  const unsigned initial = static_cast<unsigned>(major) << 5;
  if (argument < 24) return octets(initial | static_cast<unsigned>(argument), 0, 0);
  if (argument <= 0xff) return octets(initial | 24, argument, 1);
  if (argument <= 0xffff) return octets(initial | 25, argument, 2);
  if (argument <= 0xffff'ffff) return octets(initial | 26, argument, 4);
  return octets(initial | 27, argument, 8);
}

// --- containers ---

void Writer::begin_item() {
  // A tag and its content are one item.
  if (!after_tag_ && !open_.empty() && open_.back().is_map) open_.back().item_starts.push_back(out_.size());
  after_tag_ = false;
}

void Writer::end_item() {
  if (open_.empty()) return;
  --open_.back().remaining;
  close_complete();
}

void Writer::close_complete() {
  while (!open_.empty() && open_.back().remaining == 0) {
    if (open_.back().is_map) sort_map(open_.back());
    open_.pop_back();
    if (!open_.empty()) --open_.back().remaining;
  }
}

void Writer::sort_map(const Open& map) {
  const ByteView written = out_;
  std::vector<Entry> entries;
  entries.reserve(map.item_starts.size() / 2);
  for (std::size_t i = 0; i < map.item_starts.size(); i += 2) {
    const std::size_t key = map.item_starts[i];
    const std::size_t value = map.item_starts[i + 1];
    const std::size_t end = i + 2 < map.item_starts.size() ? map.item_starts[i + 2] : written.size();
    entries.push_back({written.subspan(key, value - key), written.subspan(key, end - key)});
  }
  const auto not_less = [](const Entry& left, const Entry& right) { return !key_less(left, right); };
  if (std::ranges::adjacent_find(entries, not_less) == entries.end()) return;  // in order already, and distinct
  std::ranges::sort(entries, key_less);
  duplicate_key_ |= std::ranges::adjacent_find(entries, not_less) != entries.end();
  Bytes sorted;
  sorted.reserve(written.size() - map.item_starts.front());
  for (const Entry& entry : entries) append(sorted, entry.octets);
  std::ranges::copy(sorted, out_.begin() + static_cast<std::ptrdiff_t>(map.item_starts.front()));
}

}  // namespace credence::cbor
