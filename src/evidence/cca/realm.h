// CCA realm tokens (draft-ffm-rats-cca-token, RMM specification A7.2.3.1): what runs in a realm, signed with a key of
// the realm management monitor (RAK) that is in the token itself. Nothing in it can be believed before the platform
// token vouches for that key.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "sign/cose/sign1.h"
#include "wire/json/json.h"

namespace credence::evidence::cca {

inline constexpr std::size_t kExtensibleMeasurements = 4;
inline constexpr std::size_t kRealmChallenge = 64;

struct RealmClaims {
  std::optional<std::string> profile{};  // 265; absent in the oldest form
  Bytes challenge{};                     // 10, 64 octets
  Bytes personalization_value{};         // 44235 RPV, 64 octets: the host's choice
  std::string hash_algorithm{};          // 44236, of the measurements
  Bytes public_key_octets{};             // 44237 RAK: what the platform's challenge is a hash of
  Bytes initial_measurement{};           // 44238 RIM: of the realm when it was started
  std::array<Bytes, kExtensibleMeasurements> extensible_measurements{};  // 44239 REM: extended by the realm itself
  crypto::HashAlgorithm public_key_hash{};                               // 44240
  std::optional<std::uint64_t> mec_policy{};                             // 44243: 0 shared, 1 private
  std::optional<Bytes> instance_id{};                                    // 256
};

struct RealmToken {
  cose::Sign1 message;
  RealmClaims claims;
  crypto::PublicKey public_key;  // the RAK

  [[nodiscard]] json::Object describe() const;  // by Veraison's names
};

// `octets` of a COSE_Sign1.
[[nodiscard]] Result<RealmToken> decode_realm_token(ByteView octets);

}  // namespace credence::evidence::cca
