// PSA attestation tokens (RFC 9783; Veraison's PSA_IOT): claims of a root of trust in a COSE_Sign1
// (docs/formats/evidence-psa.md).
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/key.h"
#include "evidence/psa/claims.h"
#include "sign/cose/sign1.h"

namespace credence::evidence::psa {

inline constexpr std::string_view kMediaType = "application/psa-attestation-token";
inline constexpr std::string_view kEatMediaType =
    R"(application/eat+cwt; eat_profile="tag:psacertified.org,2023:psa#tfm")";
inline constexpr std::string_view kLegacyMediaType =
    R"(application/eat+cwt; eat_profile="tag:psacertified.org,2019:psa#legacy")";
// Before EAT was registered.
inline constexpr std::string_view kOldMediaType = R"(application/eat-cwt; profile="http://arm.com/psa/2.0.0")";

struct Token {
  cose::Sign1 message;
  const Profile* profile = nullptr;  // one of this library's own
  Claims claims;

  [[nodiscard]] json::Object describe() const { return psa::describe(claims, *profile); }
};

// At most 32 KiB. The profile is the one that the token names, whatever its media type says.
// Errc::unsupported_algorithm for a COSE_Mac0: whoever could check it could have made it.
[[nodiscard]] Result<Token> decode_token(ByteView octets);

[[nodiscard]] Result<void> check_nonce(const Token& token, const Nonce& nonce);
[[nodiscard]] Result<void> check_signature(const Token& token, const crypto::PublicKey& attestation_key);

}  // namespace credence::evidence::psa
