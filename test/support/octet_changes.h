// Every octet of something signed, changed in turn. What no signature covers is listed with the reason, and must be
// accepted as it is said to be: a list that is out of date fails.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace credence::test {

inline constexpr std::uint8_t kLowestBit = 0x01;
inline constexpr std::uint8_t kHighestBit = 0x80;

// Octets whose change is accepted, whichever it is.
struct Unprotected {
  std::size_t first = 0;
  std::size_t size = 0;
  std::string_view why;
};

// One of so many parts of equal length, for what takes long: all parts together are every octet.
struct Part {
  std::size_t number = 0;
  std::size_t of = 1;
};

// `accepts` must be true of `good`, and of a change exactly where `unprotected` says so.
template <typename Accepts>
void expect_changes_refused(const Bytes& good, Accepts accepts, std::initializer_list<std::uint8_t> masks,
                            const std::vector<Unprotected>& unprotected = {}, Part part = {}) {
  ASSERT_TRUE(accepts(good)) << "what is to be changed is not accepted as it is";
  const std::size_t end = good.size() * (part.number + 1) / part.of;
  for (std::size_t i = good.size() * part.number / part.of; i < end; ++i) {
    const auto listed = std::ranges::find_if(
        unprotected, [i](const Unprotected& one) { return i >= one.first && i - one.first < one.size; });
    for (const std::uint8_t mask : masks) {
      Bytes bad = good;
      bad[i] ^= mask;
      const bool accepted = accepts(bad);
      if (listed == unprotected.end())
        EXPECT_FALSE(accepted) << "octet " << i << " with mask " << +mask;
      else
        EXPECT_TRUE(accepted) << "octet " << i << " with mask " << +mask
                              << ", which should not matter: " << listed->why;
    }
  }
}

}  // namespace credence::test
