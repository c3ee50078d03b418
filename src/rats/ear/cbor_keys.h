// The keys of an EAR in CBOR: draft-ietf-rats-ear section 3, its extension for Veraison, and the CWT and EAT claims
// around them (IANA "CBOR Web Token (CWT) Claims").
#pragma once

#include <cstdint>

namespace credence::rats::ear_key {

inline constexpr std::int64_t kIssuer = 1;
inline constexpr std::int64_t kAudience = 3;
inline constexpr std::int64_t kExpires = 4;
inline constexpr std::int64_t kIssuedAt = 6;
inline constexpr std::int64_t kConfirmation = 8;
inline constexpr std::int64_t kNonce = 10;
inline constexpr std::int64_t kUeid = 256;
inline constexpr std::int64_t kProfile = 265;
inline constexpr std::int64_t kSubmodules = 266;

inline constexpr std::int64_t kStatus = 1000;
inline constexpr std::int64_t kTrustVector = 1001;
inline constexpr std::int64_t kRawEvidence = 1002;
inline constexpr std::int64_t kPolicyIds = 1003;
inline constexpr std::int64_t kVerifierId = 1004;
inline constexpr std::int64_t kAnnotatedEvidence = -70'000;
inline constexpr std::int64_t kPolicyClaims = -70'001;
inline constexpr std::int64_t kKeyAttestation = -70'002;

inline constexpr std::int64_t kDeveloper = 0;  // of the verifier-id
inline constexpr std::int64_t kBuild = 1;
inline constexpr std::int64_t kCoseKey = 1;  // a confirmation method (RFC 8747 section 3.1)

}  // namespace credence::rats::ear_key
