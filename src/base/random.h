// Randomness as a parameter: the system's generator is in crypto/random.h, tests bring their own.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace credence {

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  // Fills all of `out` with unpredictable octets, or fails and leaves it unspecified.
  [[nodiscard]] virtual Result<void> fill(MutableByteView out) const = 0;
};

}  // namespace credence
