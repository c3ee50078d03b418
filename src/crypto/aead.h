// Authenticated encryption: AES-256-GCM-SIV (RFC 8452). Of two messages under one nonce it tells whether they are
// equal, and no more; so nonces may be random, and several processes may share a key for as long as they like.
#pragma once

#include <cstddef>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace credence::crypto {

// Thread-safe.
class AeadKey {
 public:
  static constexpr std::size_t kKeySize = 32, kNonceSize = 12, kTagSize = 16;  // octets

  // Errc::bad_key for another size.
  [[nodiscard]] static Result<AeadKey> from(ByteView octets);

  // The ciphertext, as long as the plaintext, and the tag. `associated` is not encrypted and must be the same in
  // open().
  [[nodiscard]] Result<Bytes> seal(ByteView nonce, ByteView associated, ByteView plaintext) const;
  // Errc::bad_signature when it was not sealed with this key, nonce and associated data, or is not what was sealed.
  [[nodiscard]] Result<Bytes> open(ByteView nonce, ByteView associated, ByteView sealed) const;

 private:
  explicit AeadKey(SecretBytes key) : key_(std::move(key)) {}
  SecretBytes key_;
};

}  // namespace credence::crypto
