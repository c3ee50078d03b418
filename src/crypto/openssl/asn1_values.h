// Names, times and numbers of certificates and revocation lists, as this library has them.
#pragma once

#include <openssl/types.h>

#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace credence::crypto {

[[nodiscard]] std::string rfc2253_text(const X509_NAME* name);
[[nodiscard]] Result<Timestamp> timestamp_of(const ASN1_TIME* time);
// Big-endian, without sign and leading zeros.
[[nodiscard]] Bytes magnitude_of(const ASN1_INTEGER* number);

}  // namespace credence::crypto
