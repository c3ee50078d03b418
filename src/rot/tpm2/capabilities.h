// What this TPM is and can do (TPM2_GetCapability).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "rot/tpm2/esys.h"
#include "rot/tpm2/tpm2.h"

namespace credence::rot::tpm2 {

struct Capabilities {
  std::vector<TPM2_ALG_ID> algorithms;
  std::vector<TPM2_ECC_CURVE> curves;
  std::vector<TPM2_ALG_ID> pcr_banks;
  Maker maker;

  [[nodiscard]] bool has_algorithm(TPM2_ALG_ID id) const noexcept;
  [[nodiscard]] bool has_bank(TPM2_ALG_ID id) const noexcept;
  // The curve or RSA, and the hash that such a key signs with.
  [[nodiscard]] bool can_make(crypto::KeyType type) const noexcept;
};

[[nodiscard]] Result<Capabilities> read_capabilities(ESYS_CONTEXT* context);

// Keys that somebody left loaded.
[[nodiscard]] Result<std::vector<TPM2_HANDLE>> transient_handles(ESYS_CONTEXT* context);
// True when the TPM has an NV index with this handle.
[[nodiscard]] Result<bool> has_nv_index(ESYS_CONTEXT* context, TPM2_HANDLE index);

}  // namespace credence::rot::tpm2
