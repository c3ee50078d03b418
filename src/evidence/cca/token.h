// CCA attestation tokens (draft-ffm-rats-cca-token; Veraison's ARM_CCA): a platform token and a realm token
// (docs/formats/evidence-cca.md).
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/key.h"
#include "evidence/cca/platform.h"
#include "evidence/cca/realm.h"

namespace credence::evidence::cca {

inline constexpr std::string_view kMediaType = R"(application/eat-collection; profile="http://arm.com/CCA-SSD/1.0.0")";

struct Token {
  PlatformToken platform;
  RealmToken realm;
};

// #6.399 of two byte strings, or #6.907 of two CMW records. At most 32 KiB. What else is in the map is refused: nobody
// has signed it.
[[nodiscard]] Result<Token> decode_token(ByteView octets);

// The realm's challenge is this nonce, filled with zeros to 64 octets as the realm management monitor does.
[[nodiscard]] Result<void> check_nonce(const Token& token, const Nonce& nonce);
// The platform token is signed by its attestation key and vouches for the realm's key; the realm token is signed by
// that.
[[nodiscard]] Result<void> check_signatures(const Token& token, const crypto::PublicKey& platform_key);

}  // namespace credence::evidence::cca
