// OpenSSL's library context of Credence's own, and the algorithms fetched from it.
//
// Its own, because the application may load any provider (a TPM's, ours) and any property query into the default
// context: a hash or a verification must never end up there (docs/decisions/crypto.md).
#pragma once

#include <openssl/types.h>

#include "base/result.h"
#include "crypto/hash.h"

namespace credence::crypto {

// Made at first use and kept until the process ends: keys in static objects outlive every other owner. Never null; a
// process in which OpenSSL's default provider does not start ends with std::runtime_error.
[[nodiscard]] OSSL_LIB_CTX* library_context();

[[nodiscard]] const EVP_MD* message_digest(HashAlgorithm algorithm);
// OpenSSL's name: "SHA2-256".
[[nodiscard]] const char* digest_name(HashAlgorithm algorithm) noexcept;
// An HMAC context with its hash chosen, to be copied for each use.
[[nodiscard]] const EVP_MAC_CTX* hmac_template(HashAlgorithm algorithm);

}  // namespace credence::crypto
