// What a fuzz target demands of what it calls: where it does not hold, the input is kept as one that crashed.
#pragma once

#include <cstdlib>

namespace credence {

inline void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace credence
