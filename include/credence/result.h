// Result<T>: a value, or the Error that says what was expected, what came and what to do.
#pragma once

#include <expected>

#include "credence/error.h"

namespace credence {

template <typename T>
using Result = std::expected<T, Error>;

}  // namespace credence
