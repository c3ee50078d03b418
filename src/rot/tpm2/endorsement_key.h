// The endorsement key (EK), the TPM's identity: made from the TCG's default template, with the certificate that its
// maker put into NV (TCG EK Credential Profile).
#pragma once

#include <optional>

#include "crypto/key.h"
#include "rot/tpm2/capabilities.h"
#include "rot/tpm2/key_slots.h"

namespace credence::rot::tpm2 {

struct EndorsementKey {
  crypto::PublicKey public_key;
  std::optional<Bytes> certificate{};  // DER
};

// ECC P-256 where the TPM has it, unless the maker certified only the RSA one.
[[nodiscard]] Result<EndorsementKey> read_endorsement_key(ESYS_CONTEXT* context, KeySlots& slots,
                                                          const Capabilities& capabilities);

}  // namespace credence::rot::tpm2
