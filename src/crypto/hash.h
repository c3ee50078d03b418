// Digests, HMAC and HKDF-Expand-Label. Implemented over OpenSSL in crypto/openssl, the algorithms fetched once.
//
// Thread-safe. Weak hashes have no name here: a binder or transcript over SHA-1 cannot be asked for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace credence::crypto {

enum class HashAlgorithm : std::uint8_t { sha256, sha384, sha512 };

[[nodiscard]] constexpr std::size_t digest_size(HashAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case HashAlgorithm::sha256:
      return 32;
    case HashAlgorithm::sha384:
      return 48;
    case HashAlgorithm::sha512:
      return 64;
  }
  return 0;
}

// "sha-256", "sha-384", "sha-512": the names of the IANA Named Information registry.
[[nodiscard]] std::string_view name(HashAlgorithm algorithm) noexcept;
[[nodiscard]] std::optional<HashAlgorithm> hash_from_name(std::string_view name) noexcept;
// The hash of a TLS 1.3 cipher suite (RFC 8446 appendix B.4): 0x1301 and 0x1303 SHA-256, 0x1302 SHA-384.
[[nodiscard]] std::optional<HashAlgorithm> hash_of_cipher_suite(std::uint16_t cipher_suite) noexcept;

// A digest with its algorithm; no allocation.
class Digest {
 public:
  Digest() = default;
  // Errc::invalid_value when the size is not that of the algorithm.
  [[nodiscard]] static Result<Digest> from(HashAlgorithm algorithm, ByteView octets);
  // All octets zero: the value of an untouched PCR, the "zeros" of a key schedule.
  [[nodiscard]] static Digest zeros(HashAlgorithm algorithm) noexcept;

  [[nodiscard]] HashAlgorithm algorithm() const noexcept { return algorithm_; }
  [[nodiscard]] ByteView view() const noexcept { return {octets_.data(), digest_size(algorithm_)}; }
  [[nodiscard]] MutableByteView octets() noexcept { return {octets_.data(), digest_size(algorithm_)}; }
  friend bool operator==(const Digest& left, const Digest& right) noexcept {
    return left.algorithm_ == right.algorithm_ && constant_time_equal(left.view(), right.view());
  }

 private:
  HashAlgorithm algorithm_ = HashAlgorithm::sha256;
  std::array<std::uint8_t, 64> octets_{};
};

[[nodiscard]] Result<Digest> digest(HashAlgorithm algorithm, ByteView message);
// The digest of the parts one after the other.
[[nodiscard]] Result<Digest> digest(HashAlgorithm algorithm, std::initializer_list<ByteView> parts);

// A running hash. Movable; current() does not end it.
class Hasher {
 public:
  [[nodiscard]] static Result<Hasher> start(HashAlgorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  [[nodiscard]] Result<void> update(ByteView octets);
  [[nodiscard]] Result<Digest> current() const;
  [[nodiscard]] Result<Hasher> copy() const;

 private:
  struct State;
  explicit Hasher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

[[nodiscard]] Result<Digest> hmac(HashAlgorithm algorithm, ByteView key, ByteView message);

// RFC 8446 section 7.1: HKDF-Expand(secret, HkdfLabel{length, "tls13 " + label, context}, length) with
// length = size of the hash, which is all that the binders need.
[[nodiscard]] Result<Digest> hkdf_expand_label(HashAlgorithm algorithm, ByteView secret, std::string_view label,
                                               ByteView context);

}  // namespace credence::crypto
