// The keys of one CBOR map, to find a second one.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
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

// Integers near zero, which most formats have for keys, are bits of two words. Of others a few are compared one by one;
// more go to a balanced tree, which a hostile choice of keys cannot make slow as it could a hash table.
class KeySet {
 public:
  // False when the key is there already.
  [[nodiscard]] bool insert(const Key& key);

 private:
  struct Others {
    static constexpr std::size_t kFew = 8;

    [[nodiscard]] bool insert(const Key& key);

    std::array<Key, kFew> few;
    std::size_t count = 0;
    std::set<Key> many;
  };

  std::array<std::uint64_t, 2> near_zero_{};  // of unsigned and of negative integers
  std::unique_ptr<Others> others_;
};

}  // namespace credence::cbor
