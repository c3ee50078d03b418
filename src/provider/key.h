// What stands behind an EVP_PKEY of the provider.
#pragma once

#include <openssl/core.h>

#include <chrono>
#include <memory>
#include <optional>

#include "crypto/hash.h"
#include "rot/attester.h"

namespace credence::provider {

struct Key {
  std::shared_ptr<rot::TlsKey> tls_key;
  std::chrono::milliseconds deadline{};
};

// The hash that goes with the curve, else any that the key can sign.
[[nodiscard]] std::optional<crypto::HashAlgorithm> default_hash(const rot::TlsKey& key) noexcept;

// provider-keymgmt(7): the key type EC. A new, empty key takes its content from EVP_PKEY_fromdata() with this
// parameter: the octets of a pointer to a Key, which is copied.
inline constexpr char kKeyParameter[] = "credence-key";
[[nodiscard]] const OSSL_DISPATCH* key_management() noexcept;
// provider-signature(7): ECDSA.
[[nodiscard]] const OSSL_DISPATCH* signature() noexcept;

}  // namespace credence::provider
