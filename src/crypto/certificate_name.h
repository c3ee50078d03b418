// What names a certificate: its issuer and the serial number that this one gave it (RFC 5280 section 4.1.2.2).
#pragma once

#include <string>

#include "base/bytes.h"
#include "crypto/certificate.h"

namespace credence::crypto {

[[nodiscard]] std::string issuer_of(const Certificate& certificate);  // as RFC 2253 writes it
[[nodiscard]] Bytes serial_of(const Certificate& certificate);        // big-endian, without sign and leading zeros

}  // namespace credence::crypto
