// Public and private keys. Implemented over OpenSSL in crypto/openssl.
//
// Both are cheap handles to shared, immutable keys: copy them freely, use them from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/strong.h"
#include "crypto/hash.h"

namespace credence::crypto {

// JOSE names (RFC 7518 section 3.1, RFC 8037). ECDSA signatures are r || s, each as long as the field, in every
// function here; ecdsa_to_der() and ecdsa_from_der() convert.
enum class SignatureAlgorithm : std::uint8_t { es256, es384, es512, rs256, rs384, rs512, ps256, ps384, ps512, eddsa };
[[nodiscard]] std::string_view name(SignatureAlgorithm algorithm) noexcept;  // "ES256"
[[nodiscard]] Result<SignatureAlgorithm> signature_algorithm_from_name(std::string_view name);

enum class KeyType : std::uint8_t { ec_p256, ec_p384, ec_p521, rsa, ed25519 };
[[nodiscard]] std::string_view name(KeyType type) noexcept;  // "P-256"

struct EcPoint {
  Bytes x;  // as long as the field, left-padded with zeros
  Bytes y;
};
struct RsaPublic {
  Bytes modulus;  // without leading zeros
  Bytes exponent;
};

class PublicKey {
 public:
  // Accepts exactly one encoding of each key (protocol.md 2.4): named curve and uncompressed point for EC. The
  // octets given must be the ones that this library would write, or Errc::bad_key. RSA 2048 to 8192 bits.
  [[nodiscard]] static Result<PublicKey> from_spki(ByteView der);
  // What from_spki would refuse, for a key that is named and never used here: an EC key costs a tenth of making it.
  [[nodiscard]] static Result<void> check_spki(ByteView der);
  [[nodiscard]] static Result<PublicKey> from_pem(std::string_view pem);  // "BEGIN PUBLIC KEY"
  // Coordinates may be shorter than the field (TPMs drop leading zeros). A point off the curve is Errc::bad_key.
  [[nodiscard]] static Result<PublicKey> from_ec_point(KeyType curve, ByteView x, ByteView y);
  [[nodiscard]] static Result<PublicKey> from_rsa(ByteView modulus, ByteView exponent);
  [[nodiscard]] static Result<PublicKey> from_ed25519(ByteView key);

  [[nodiscard]] KeyType type() const noexcept;
  [[nodiscard]] ByteView spki() const noexcept;  // DER, made once
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] Result<EcPoint> ec_point() const;  // Errc::unexpected_type for other keys
  [[nodiscard]] Result<RsaPublic> rsa() const;
  [[nodiscard]] Result<Bytes> ed25519() const;

  // Success only when the signature is good; anything else is an error (Errc::bad_signature, or
  // unsupported_algorithm when the key is of another type).
  [[nodiscard]] Result<void> verify(SignatureAlgorithm algorithm, ByteView message, ByteView signature) const;
  // ECDSA over a digest that was computed before, with r and s apart, of any length up to the field: TPM signatures.
  [[nodiscard]] Result<void> verify_ecdsa(const Digest& digest, ByteView r, ByteView s) const;
  // RSASSA-PKCS1-v1_5 over a digest that was computed before.
  [[nodiscard]] Result<void> verify_rsassa(const Digest& digest, ByteView signature) const;

  friend bool operator==(const PublicKey& left, const PublicKey& right) noexcept {
    return equal(left.spki(), right.spki());
  }

  struct State;  // defined in crypto/openssl
  explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  [[nodiscard]] const State& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

class PrivateKey {
 public:
  [[nodiscard]] static Result<PrivateKey> generate(KeyType type);
  [[nodiscard]] static Result<PrivateKey> from_pem(ByteView pem);  // PKCS #8, unencrypted
  [[nodiscard]] SecretBytes pem() const;

  [[nodiscard]] const PublicKey& public_key() const noexcept;
  [[nodiscard]] Result<Bytes> sign(SignatureAlgorithm algorithm, ByteView message) const;
  // ECDSA over a digest that was computed before, r || s.
  [[nodiscard]] Result<Bytes> sign_ecdsa(const Digest& digest) const;
  // The algorithm this key signs with by default: ES256 for P-256, ES384 for P-384, PS256 for RSA, EdDSA.
  [[nodiscard]] SignatureAlgorithm default_algorithm() const noexcept;

  struct State;
  explicit PrivateKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  [[nodiscard]] const State& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

// ECDSA-Sig-Value (RFC 3279 section 2.2.3) to and from r || s with `field` octets each.
[[nodiscard]] Result<Bytes> ecdsa_to_der(ByteView r, ByteView s);
[[nodiscard]] Result<Bytes> ecdsa_from_der(ByteView der, std::size_t field);

}  // namespace credence::crypto
