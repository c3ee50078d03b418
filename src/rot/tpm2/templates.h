// The public areas that keys are created from (TPM 2.0 part 2, TPMT_PUBLIC).
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "rot/tpm2/esys.h"

namespace credence::rot::tpm2 {

// A parent of other keys: ECC P-256, AES-128-CFB, restricted decryption, empty authorization value.
[[nodiscard]] TPM2B_PUBLIC storage_parent_template();

// A TLS identity key (protocol.md 2.1). Signs whatever digest it is given, so it is not restricted, and it never leaves
// the TPM. With a policy it is usable only through that policy.
[[nodiscard]] Result<TPM2B_PUBLIC> tls_key_template(crypto::KeyType type, ByteView auth_policy);

// An attestation key (protocol.md 2.2): restricted, so that it signs only what the TPM itself states.
[[nodiscard]] Result<TPM2B_PUBLIC> attestation_key_template(crypto::KeyType type);

// The endorsement key of the TCG EK credential profile: template L-2 (ECC P-256) or L-1 (RSA 2048).
[[nodiscard]] Result<TPM2B_PUBLIC> endorsement_key_template(crypto::KeyType type);

}  // namespace credence::rot::tpm2
