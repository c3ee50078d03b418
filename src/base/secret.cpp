#include "base/secret.h"

#include <cstring>

namespace credence {

void cleanse(MutableByteView octets) noexcept {
  if (!octets.empty()) explicit_bzero(octets.data(), octets.size());
}

bool constant_time_equal(ByteView left, ByteView right) noexcept {
  if (left.size() != right.size()) return false;
  // The volatile accumulator keeps the compiler from leaving the loop at the first difference.
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) difference = difference | (left[i] ^ right[i]);
  return difference == 0;
}

}  // namespace credence
