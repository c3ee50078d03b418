// JWS compact serialization (RFC 7515 section 7.1), the only one that JWTs use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "wire/json/json.h"

namespace credence::jose {

struct Jws {
  std::string signing_input;  // exactly as received: header '.' payload
  crypto::SignatureAlgorithm algorithm;
  std::optional<std::string> type;  // "typ"
  std::optional<std::string> kid;
  Bytes payload;
  Bytes signature;
};

struct Limits {
  std::size_t bytes = 1 << 20;
};

// "alg":"none", unknown algorithms and a "crit" header are refused (RFC 7515 section 4.1.11, RFC 8725 section 3.1).
[[nodiscard]] Result<Jws> decode_jws(std::string_view compact, const Limits& limits = {});

// The algorithm comes from the caller's key, never from the token alone: it must be one that the key is for.
[[nodiscard]] Result<void> verify(const Jws& jws, const crypto::PublicKey& key);

// {"alg":..,"typ":"JWT"[,"kid":..]}; without an algorithm the key's default.
[[nodiscard]] Result<std::string> sign_jws(const crypto::PrivateKey& key, ByteView payload,
                                           std::optional<std::string_view> kid = std::nullopt,
                                           std::optional<crypto::SignatureAlgorithm> algorithm = std::nullopt);

}  // namespace credence::jose
