// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) in the one encoding that is accepted (protocol section 2.4): named
// curve and uncompressed point for EC (RFC 5480), rsaEncryption with NULL parameters for RSA (RFC 3279 section 2.3.1),
// no parameters for Ed25519 (RFC 8410).
//
// Syntax only: whether the point is on its curve is found when the key is made from it.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"

namespace credence::crypto {

struct KeyMaterial {
  KeyType type;
  Bytes key;      // EC: 0x04 || x || y; Ed25519: the 32 octets
  RsaPublic rsa;  // RSA only
};

// Octets of a coordinate; 0 for keys that are not on a NIST curve.
[[nodiscard]] constexpr std::size_t field_size(KeyType type) noexcept {
  switch (type) {
    case KeyType::ec_p256:
      return 32;
    case KeyType::ec_p384:
      return 48;
    case KeyType::ec_p521:
      return 66;
    case KeyType::rsa:
    case KeyType::ed25519:
      return 0;
  }
  return 0;
}
constexpr std::size_t kEd25519KeySize = 32;

// The same as views of the SubjectPublicKeyInfo that it was read from, for whoever needs no key of his own.
struct KeyView {
  KeyType type{};
  ByteView key;
  ByteView modulus;
  ByteView exponent;
};

// Coordinates may be shorter than the field (TPMs drop leading zeros).
[[nodiscard]] Result<KeyMaterial> ec_material(KeyType curve, ByteView x, ByteView y);
[[nodiscard]] KeyMaterial rsa_material(ByteView modulus, ByteView exponent);

// What it returns lives as long as `der`.
[[nodiscard]] Result<KeyView> read_spki(ByteView der);
[[nodiscard]] KeyMaterial material_of(const KeyView& key);
[[nodiscard]] Result<KeyMaterial> decode_spki(ByteView der);
[[nodiscard]] Bytes encode_spki(const KeyMaterial& material);

}  // namespace credence::crypto
