// JWK and JWK sets (RFC 7517): public keys only. A private member is refused: a secret in a message is a mistake that
// must not pass unnoticed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "wire/json/json.h"

namespace credence::jose {

[[nodiscard]] Result<crypto::PublicKey> key_from_jwk(const json::Object& jwk);
// The keys of {"keys": [...]}; those of a type or for a use that is not understood are left out (RFC 7517 section 5).
// Errc::missing_member when none is left.
[[nodiscard]] Result<std::vector<crypto::PublicKey>> keys_from_jwks(const json::Value& set);
// kty, crv, x, y (or n, e), alg where the key allows only one, and kid = RFC 7638 thumbprint.
[[nodiscard]] Result<json::Object> jwk_from_key(const crypto::PublicKey& key);
// The same without making a key: whether an EC point is on its curve is not asked (crypto::PublicKey::check_spki).
[[nodiscard]] Result<void> write_jwk(ByteView spki, json::Object& jwk);
// RFC 7638 with SHA-256, base64url.
[[nodiscard]] Result<std::string> thumbprint(const crypto::PublicKey& key);

}  // namespace credence::jose
