// The value of a Result, in a program that cannot go on without it.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace bench {

// What cannot be measured ends the program: a figure of something else would be worse.
template <typename T>
T value_of(credence::Result<T> result, std::string_view what) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "failed: %.*s: %s\n", static_cast<int>(what.size()), what.data(), result.error().text().c_str());
  std::exit(1);
}

}  // namespace bench
