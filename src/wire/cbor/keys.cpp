#include "wire/cbor/keys.h"

#include <algorithm>
#include <span>

namespace credence::cbor {

bool operator==(const Key& left, const Key& right) noexcept {
  return left.type == right.type && left.argument == right.argument && equal(left.content, right.content);
}

std::strong_ordering operator<=>(const Key& left, const Key& right) noexcept {
  if (const auto order = left.type <=> right.type; order != 0) return order;
  if (const auto order = left.argument <=> right.argument; order != 0) return order;
  return std::lexicographical_compare_three_way(left.content.begin(), left.content.end(), right.content.begin(),
                                                right.content.end());
}

bool KeySet::insert(const Key& key) {
  const std::span few(few_.data(), std::min(count_, kFew));
  if (std::ranges::find(few, key) != few.end()) return false;
  if (count_ < kFew) {
    few_[count_++] = key;
    return true;
  }
  // Keys mostly come in ascending order: then the hint makes this constant time.
  const std::size_t before = many_.size();
  many_.emplace_hint(many_.end(), key);
  return many_.size() > before;
}

}  // namespace credence::cbor
