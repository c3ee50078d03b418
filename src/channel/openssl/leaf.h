// The TLS key in a certificate.
#pragma once

#include <openssl/x509.h>

#include "base/bytes.h"

namespace credence::channel {

// DER SubjectPublicKeyInfo as it stands in the certificate; empty without a certificate.
[[nodiscard]] Bytes spki_of(const X509* certificate);

}  // namespace credence::channel
