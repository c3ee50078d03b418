#include "crypto/hash.h"

#include <format>

namespace credence::crypto {

std::string_view name(HashAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case HashAlgorithm::sha256:
      return "sha-256";
    case HashAlgorithm::sha384:
      return "sha-384";
    case HashAlgorithm::sha512:
      return "sha-512";
  }
  return "unknown";
}

std::optional<HashAlgorithm> hash_from_name(std::string_view name) noexcept {
  for (const HashAlgorithm algorithm : {HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512}) {
    if (crypto::name(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

std::optional<HashAlgorithm> hash_of_cipher_suite(std::uint16_t cipher_suite) noexcept {
  switch (cipher_suite) {
    case 0x1301:  // TLS_AES_128_GCM_SHA256
    case 0x1303:  // TLS_CHACHA20_POLY1305_SHA256
      return HashAlgorithm::sha256;
    case 0x1302:  // TLS_AES_256_GCM_SHA384
      return HashAlgorithm::sha384;
    default:
      return std::nullopt;
  }
}

Result<Digest> Digest::from(HashAlgorithm algorithm, ByteView octets) {
  if (octets.size() != digest_size(algorithm)) {
    return fail(Errc::invalid_value, std::format("expected a {} digest of {} octets, got {}", name(algorithm),
                                                 digest_size(algorithm), octets.size()));
  }
  Digest digest = zeros(algorithm);
  std::ranges::copy(octets, digest.octets().begin());
  return digest;
}

Digest Digest::zeros(HashAlgorithm algorithm) noexcept {
  Digest digest;
  digest.algorithm_ = algorithm;
  return digest;
}

}  // namespace credence::crypto
