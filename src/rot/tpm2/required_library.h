// The libraries that a TCTI is loaded from. tpm2-tss says only that it could not load one; this says which, and which
// package has it.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace credence::rot::tpm2 {

struct RequiredLibrary {
  std::string_view tcti;     // "libtpms"
  const char* file;          // "libtpms.so.0"
  std::string_view package;  // Debian's name of it
};
// Of every TCTI that is documented.
[[nodiscard]] std::span<const RequiredLibrary> required_libraries() noexcept;

// Errc::configuration names the first of these libraries that the TCTI of this string needs and that cannot be loaded.
[[nodiscard]] Result<void> check_libraries(std::string_view tcti, std::span<const RequiredLibrary> libraries);

}  // namespace credence::rot::tpm2
