// CCA platform tokens (draft-ffm-rats-cca-token, RMM specification A7.2.3): the claims of a PSA root of trust under
// other keys, and a configuration.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "evidence/psa/claims.h"
#include "sign/cose/sign1.h"

namespace credence::evidence::cca {

struct PlatformToken {
  cose::Sign1 message;
  const psa::Profile* profile = nullptr;  // one of this library's own
  psa::Claims claims;                     // its nonce is the hash of the realm's key

  [[nodiscard]] json::Object describe() const { return psa::describe(claims, *profile); }
};

// `octets` of a COSE_Sign1.
[[nodiscard]] Result<PlatformToken> decode_platform_token(ByteView octets);

}  // namespace credence::evidence::cca
