#include "crypto/algorithm.h"

#include <array>
#include <format>
#include <utility>

namespace credence::crypto {
namespace {

using enum SignatureAlgorithm;

constexpr std::array<std::pair<SignatureAlgorithm, std::string_view>, 10> kNames{{{es256, "ES256"},
                                                                                  {es384, "ES384"},
                                                                                  {es512, "ES512"},
                                                                                  {rs256, "RS256"},
                                                                                  {rs384, "RS384"},
                                                                                  {rs512, "RS512"},
                                                                                  {ps256, "PS256"},
                                                                                  {ps384, "PS384"},
                                                                                  {ps512, "PS512"},
                                                                                  {eddsa, "EdDSA"}}};

bool fits(SignatureAlgorithm algorithm, KeyType type) noexcept {
  switch (type) {
    case KeyType::ec_p256:
      return algorithm == es256;
    case KeyType::ec_p384:
      return algorithm == es384;
    case KeyType::ec_p521:
      return algorithm == es512;
    case KeyType::ed25519:
      return algorithm == eddsa;
    case KeyType::rsa: {
      const SignatureScheme scheme = parts(algorithm).scheme;
      return scheme == SignatureScheme::rsassa_pkcs1 || scheme == SignatureScheme::rsassa_pss;
    }
  }
  return false;
}

}  // namespace

std::string_view name(SignatureAlgorithm algorithm) noexcept {
  for (const auto& [known, text] : kNames) {
    if (known == algorithm) return text;
  }
  return "unknown";
}

Result<SignatureAlgorithm> signature_algorithm_from_name(std::string_view name) {
  for (const auto& [algorithm, text] : kNames) {
    if (text == name) return algorithm;
  }
  return fail(
      Errc::unsupported_algorithm,
      std::format("expected a signature algorithm such as ES256, PS256 or EdDSA, got '{}'", name.substr(0, 32)));
}

std::string_view name(KeyType type) noexcept {
  switch (type) {
    case KeyType::ec_p256:
      return "P-256";
    case KeyType::ec_p384:
      return "P-384";
    case KeyType::ec_p521:
      return "P-521";
    case KeyType::rsa:
      return "RSA";
    case KeyType::ed25519:
      return "Ed25519";
  }
  return "unknown";
}

AlgorithmParts parts(SignatureAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case es256:
      return {SignatureScheme::ecdsa, HashAlgorithm::sha256};
    case es384:
      return {SignatureScheme::ecdsa, HashAlgorithm::sha384};
    case es512:
      return {SignatureScheme::ecdsa, HashAlgorithm::sha512};
    case rs256:
      return {SignatureScheme::rsassa_pkcs1, HashAlgorithm::sha256};
    case rs384:
      return {SignatureScheme::rsassa_pkcs1, HashAlgorithm::sha384};
    case rs512:
      return {SignatureScheme::rsassa_pkcs1, HashAlgorithm::sha512};
    case ps256:
      return {SignatureScheme::rsassa_pss, HashAlgorithm::sha256};
    case ps384:
      return {SignatureScheme::rsassa_pss, HashAlgorithm::sha384};
    case ps512:
      return {SignatureScheme::rsassa_pss, HashAlgorithm::sha512};
    case eddsa:
      break;
  }
  return {SignatureScheme::eddsa, std::nullopt};
}

Result<void> check_algorithm_fits(SignatureAlgorithm algorithm, KeyType type) {
  // RFC 8725 section 3.1, RFC 9053 section 2: algorithm and key belong together. Otherwise the sender of a message
  // picks the weakest reading of somebody else's key.
  if (fits(algorithm, type)) return {};
  return fail(Errc::unsupported_algorithm,
              std::format("expected an algorithm for a {} key, got {}", name(type), name(algorithm)));
}

}  // namespace credence::crypto
