// Any ECDSA key of a root of trust as a private key of OpenSSL: SSL_CTX_use_PrivateKey(), X509_sign() and the like.
//
// The keys live in an OpenSSL library context of the provider's own. Nothing is loaded into the application's context
// and no default property is changed there, yet the keys work with an SSL_CTX of any context
// (docs/decisions/provider.md).
#pragma once

#include <chrono>
#include <memory>

#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/openssl/native.h"
#include "rot/attester.h"

namespace credence::provider {

struct Options {
  // How long OpenSSL waits for one signature. Inside an async job the job pauses; outside the thread blocks.
  std::chrono::milliseconds deadline = std::chrono::seconds(10);
};

// The EVP_PKEY keeps `key` alive. Its private half cannot be exported. A signature that fails leaves the root of
// trust's reason in OpenSSL's error queue, and a handshake ends with the alert internal_error.
[[nodiscard]] Result<crypto::OwnedKey> private_key(std::shared_ptr<rot::TlsKey> key, const Options& options = {});

// A leaf for attestation-only mode, signed by the key that it certifies. `key` may live in any provider.
[[nodiscard]] Result<crypto::Certificate> self_signed_certificate(EVP_PKEY* key, const crypto::SelfSigned& fields);

}  // namespace credence::provider
