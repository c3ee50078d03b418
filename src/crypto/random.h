// The system's random generator (OpenSSL's, which the kernel seeds), for the edges of the program to pass down.
#pragma once

#include <memory>

#include "base/random.h"

namespace credence::crypto {

[[nodiscard]] std::shared_ptr<const Random> system_random();

}  // namespace credence::crypto
