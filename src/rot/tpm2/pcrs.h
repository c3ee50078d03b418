// Platform configuration registers: selections and values.
#pragma once

#include "base/result.h"
#include "crypto/hash.h"
#include "evidence/tpm/bundle.h"
#include "evidence/tpm/structures.h"
#include "rot/tpm2/esys.h"

namespace credence::rot::tpm2 {

[[nodiscard]] TPML_PCR_SELECTION to_tpm(const evidence::tpm::PcrSelection& selection);

[[nodiscard]] Result<evidence::tpm::PcrValues> read_pcr_values(ESYS_CONTEXT* context,
                                                               const evidence::tpm::PcrSelection& selection);

[[nodiscard]] Result<void> extend(ESYS_CONTEXT* context, std::uint8_t pcr, const crypto::Digest& measurement);

}  // namespace credence::rot::tpm2
