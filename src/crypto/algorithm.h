// What a signature algorithm of JOSE is made of (RFC 7518 section 3.1, RFC 8037 section 3.1).
#pragma once

#include <optional>

#include "crypto/hash.h"
#include "crypto/key.h"

namespace credence::crypto {

enum class SignatureScheme : std::uint8_t { ecdsa, rsassa_pkcs1, rsassa_pss, eddsa };

struct AlgorithmParts {
  SignatureScheme scheme;
  std::optional<HashAlgorithm> hash;  // none for EdDSA, which hashes by itself
};

[[nodiscard]] AlgorithmParts parts(SignatureAlgorithm algorithm) noexcept;

// RFC 8725 section 3.1: the algorithm must be one that the key is for; Errc::unsupported_algorithm otherwise.
[[nodiscard]] Result<void> check_algorithm_fits(SignatureAlgorithm algorithm, KeyType type);

}  // namespace credence::crypto
