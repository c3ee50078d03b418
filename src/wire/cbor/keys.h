// The keys of one CBOR map, to find a second one.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <set>

#include "base/bytes.h"
#include "wire/cbor/type.h"

namespace credence::cbor {

// A map key in a form that does not depend on how it was encoded: 01 and 1801 are the same key.
struct Key {
  Type type{};
  std::uint64_t argument = 0;  // an integer, the length of a string, the bits of a double, a simple value
  ByteView content{};          // of a string its octets; of an array, a map or a tag its deterministic encoding
};
[[nodiscard]] bool operator==(const Key& left, const Key& right) noexcept;
[[nodiscard]] std::strong_ordering operator<=>(const Key& left, const Key& right) noexcept;

// Small maps are compared key by key without an allocation; larger ones go to a balanced tree, which a hostile choice
// of keys cannot make slow as it could a hash table.
class KeySet {
 public:
  // False when the key is there already.
  [[nodiscard]] bool insert(const Key& key);

 private:
  static constexpr std::size_t kFew = 8;

  std::array<Key, kFew> few_{};
  std::size_t count_ = 0;
  std::set<Key> many_;
};

}  // namespace credence::cbor
