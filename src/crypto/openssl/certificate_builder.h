// Builds a leaf certificate whose signing key may live in any provider of OpenSSL, a root of trust's included.
#pragma once

#include <openssl/types.h>

#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace credence::crypto {

struct CertificateSigner {
  EVP_PKEY* key = nullptr;
  KeyType type{};                     // decides the hash of the signature
  const X509* certificate = nullptr;  // of the issuer; null when the certificate signs itself
};

// X509_sign asks the provider of the signer's key; everything else is done in Credence's own library context.
[[nodiscard]] Result<Certificate> build_certificate(const PublicKey& key, const SelfSigned& fields,
                                                    const CertificateSigner& signer);

}  // namespace credence::crypto
