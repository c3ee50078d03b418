#include "crypto/certificate_name.h"

#include <openssl/x509.h>

#include "crypto/openssl/asn1_values.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {

std::string issuer_of(const Certificate& certificate) {
  return rfc2253_text(X509_get_issuer_name(native(certificate)));
}

Bytes serial_of(const Certificate& certificate) { return magnitude_of(X509_get0_serialNumber(native(certificate))); }

}  // namespace credence::crypto
