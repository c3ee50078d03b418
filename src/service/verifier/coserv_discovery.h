// CoSERV's discovery document (draft-ietf-rats-coserv section 6.1.2), and how it names the key of the answers.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "rats/corim/crypto_key.h"
#include "service/http/message.h"

namespace credence::service {

// In JSON, or in CBOR for who asks for it; 406 else.
[[nodiscard]] http::Response coserv_configuration(const http::Request& request, const crypto::PublicKey& key,
                                                  std::string_view version);

// The key's thumbprint (RFC 7638) as octets: kid of signed answers.
[[nodiscard]] Result<Bytes> coserv_kid(const crypto::PublicKey& key);
[[nodiscard]] rats::CryptoKey authority_of(const crypto::PublicKey& key);

}  // namespace credence::service
