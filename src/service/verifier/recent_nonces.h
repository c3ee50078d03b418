// Nonces of late: what notices a random source that repeats itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"

namespace credence::service {

// For one thread at a time. Keeps 64 bits of each of the last `most`: whoever cannot foresee another's random number
// cannot choose one that collides with it.
class RecentNonces {
 public:
  explicit RecentNonces(std::size_t most) : most_(most) {}

  // False when it is among the last ones already.
  [[nodiscard]] bool add(ByteView nonce);

 private:
  std::size_t most_;
  std::size_t oldest_ = 0;  // in order_, once that is full
  std::vector<std::uint64_t> order_;
  std::unordered_set<std::uint64_t> known_;
};

}  // namespace credence::service
