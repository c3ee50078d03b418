// What a TPM or the software stack answered, as an Error that says what to do.
#pragma once

#include <tss2/tss2_common.h>

#include <string_view>

#include "base/result.h"

namespace credence::rot::tpm2 {

// `command` is the TPM's name of it ("TPM2_Certify"), for the error text.
[[nodiscard]] Result<void> check(TSS2_RC code, std::string_view command);

// The TPM's own code without the layer it came through and without the number of the handle, session or parameter, so
// that it compares with the TPM2_RC_* constants. Zero when the code is not the TPM's.
[[nodiscard]] TSS2_RC tpm_code(TSS2_RC code) noexcept;

// No slot is free for another key: flush one and try again.
[[nodiscard]] bool is_out_of_slots(TSS2_RC code) noexcept;
// The TPM was reset: it does not know a handle that it gave us, or waits to be started.
[[nodiscard]] bool is_reset(TSS2_RC code) noexcept;

}  // namespace credence::rot::tpm2
