// Object identifiers of OpenSSL as text.
#pragma once

#include <openssl/types.h>

#include <string>

namespace credence::crypto {

// Dotted.
[[nodiscard]] std::string oid_text(const ASN1_OBJECT* object);

}  // namespace credence::crypto
