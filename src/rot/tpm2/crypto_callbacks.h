// The cryptography that ESYS itself needs: names, and the protection of sessions.
//
// tpm2-tss would build a fresh OpenSSL library context for each hash, HMAC and nonce of a command in a session: 3 to
// 10 ms a command (docs/decisions/tpm.md). Here everything is fetched once and shared.
#pragma once

#include "base/result.h"
#include "rot/tpm2/esys.h"

namespace credence::rot::tpm2 {

// Errc::crypto_failure when OpenSSL lacks an algorithm.
[[nodiscard]] Result<void> set_crypto_callbacks(ESYS_CONTEXT* context);

}  // namespace credence::rot::tpm2
