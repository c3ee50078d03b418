// The file in which the TCTI of libtpms keeps its TPM.
#pragma once

#include <string>

#include "base/result.h"

namespace credence::rot::tpm2 {

// An empty file is a new TPM. Any other must hold what its sizes say: tpm2-tss believes them, and would
// read past its end.
// Errc::configuration says what is wrong with it.
[[nodiscard]] Result<void> check_libtpms_state(const std::string& path);

}  // namespace credence::rot::tpm2
