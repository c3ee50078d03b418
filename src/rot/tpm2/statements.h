// What the TPM states and signs: TPM2_Certify about a key, TPM2_Quote about PCRs; and TPM2_Sign for TLS.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "rot/tpm2/key_slots.h"

namespace credence::rot::tpm2 {

struct SignedStatement {
  Bytes attest;     // TPMS_ATTEST
  Bytes signature;  // TPMT_SIGNATURE
};

[[nodiscard]] Result<SignedStatement> certify(ESYS_CONTEXT* context, KeySlots& slots, Key& attestation_key, Key& key,
                                              ByteView extra_data);
[[nodiscard]] Result<SignedStatement> quote(ESYS_CONTEXT* context, KeySlots& slots, Key& attestation_key,
                                            const evidence::tpm::PcrSelection& pcrs, ByteView extra_data);
// DER ECDSA-Sig-Value. A key bound to PCRs is used through its policy.
[[nodiscard]] Result<Bytes> sign(ESYS_CONTEXT* context, KeySlots& slots, Key& key, const crypto::Digest& digest);

}  // namespace credence::rot::tpm2
