// Octets written as hexadecimal with spaces between the items.
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"

namespace credence::test {

[[nodiscard]] inline Bytes hex(std::string_view text) {
  std::string digits(text);
  std::erase(digits, ' ');
  return from_hex(digits).value();
}

}  // namespace credence::test
