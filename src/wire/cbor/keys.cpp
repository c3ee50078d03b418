#include "wire/cbor/keys.h"

#include <algorithm>
#include <span>
#include <utility>

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
  if (key.type <= Type::negative_integer && key.argument < 64) {
    std::uint64_t& seen = near_zero_.at(std::to_underlying(key.type));
    const std::uint64_t bit = std::uint64_t{1} << key.argument;
    return (std::exchange(seen, seen | bit) & bit) == 0;
  }
  if (!others_) others_ = std::make_unique<Others>();
  return others_->insert(key);
}

bool KeySet::Others::insert(const Key& key) {
  const std::span known(few.data(), std::min(count, kFew));
  if (std::ranges::find(known, key) != known.end()) return false;
  if (count < kFew) {
    few.at(count++) = key;
    return true;
  }
  // Keys mostly come in ascending order: then the hint makes this constant time.
  const std::size_t before = many.size();
  many.emplace_hint(many.end(), key);
  return many.size() > before;
}

}  // namespace credence::cbor
