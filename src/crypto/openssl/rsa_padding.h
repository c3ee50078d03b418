// The padding of RSA signatures, the same for making and checking them.
#pragma once

#include <openssl/types.h>

#include "base/result.h"
#include "crypto/algorithm.h"

namespace credence::crypto {

// RSASSA-PKCS1-v1_5 with the DigestInfo of `hash`, or RSASSA-PSS with MGF1 over `hash` and a salt as long as the hash
// (RFC 7518 sections 3.3 and 3.5, RFC 8230 section 2).
[[nodiscard]] Result<void> set_rsa_padding(EVP_PKEY_CTX* context, SignatureScheme scheme, HashAlgorithm hash);

}  // namespace credence::crypto
