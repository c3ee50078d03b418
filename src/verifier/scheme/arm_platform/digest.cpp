#include "verifier/scheme/arm_platform/digest.h"

#include <algorithm>
#include <array>
#include <format>
#include <utility>
#include <variant>

#include "base/text.h"

namespace credence::verifier::arm {
namespace {

using crypto::HashAlgorithm;

constexpr std::array kHashes = {HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512};

// How TF-M described its measurements before the description was to be the name of a hash.
constexpr std::string_view kOldDescription = "TF-M_SHA256MemPreXIP";

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// "sha-256", and the spellings of it that TF-M has, "SHA256".
bool spells(std::string_view text, std::string_view name) noexcept {
  const auto same = [](char one, char other) { return lower(one) == other; };
  if (std::ranges::equal(text, name, same)) return true;
  constexpr std::size_t kHyphen = 3;
  return text.size() + 1 == name.size() && std::ranges::equal(text.substr(0, kHyphen), name.substr(0, kHyphen), same) &&
         text.substr(kHyphen) == name.substr(kHyphen + 1);
}

// RFC 9783 section 4.4.1.5 and draft-ffm-rats-cca-token sections 4.6.1.5 and 4.6.2: a text that SHOULD be the name in
// the registry of Named Information. What is neither that nor one of the spellings above is no hash that is known here,
// "sha3-256" for one, and is never taken for one.
std::optional<HashAlgorithm> hash_named(std::string_view text) noexcept {
  if (text == kOldDescription) return HashAlgorithm::sha256;
  for (const HashAlgorithm hash : kHashes)
    if (spells(text, crypto::name(hash))) return hash;
  return std::nullopt;
}

// RFC 9783 section 4 and draft-ffm-rats-cca-token section 4 know digests of these three lengths (psa-hash-type,
// arm-platform-hash-type).
HashAlgorithm hash_of_length(std::size_t octets) noexcept {
  for (const HashAlgorithm hash : kHashes)
    if (octets == crypto::digest_size(hash)) return hash;
  return HashAlgorithm::sha512;
}

bool is_of_algorithm(const rats::CorimDigest& approved, const StatedDigest& actual) noexcept {
  const auto hash = rats::hash_of(approved);
  if (hash || actual.hash) return hash == actual.hash;
  const auto* name = std::get_if<std::string>(&approved.algorithm);
  return name != nullptr && *name == actual.algorithm;
}

}  // namespace

// Neither document says what it means when the name is of another length than the value, which tokens of Veraison's
// have. The value is not by that algorithm, and then the length says more: nothing is gained by it, since whoever
// signs the token could name the other algorithm as well.
StatedDigest digest_of(std::string_view algorithm, ByteView value) noexcept {
  auto hash = hash_named(algorithm);
  if (algorithm.empty() || (hash && crypto::digest_size(*hash) != value.size())) hash = hash_of_length(value.size());
  return {.hash = hash, .algorithm = hash ? crypto::name(*hash) : algorithm, .value = value};
}

// Where a component of a CCA platform names no algorithm, it is that of the platform's measurements
// (draft-ffm-rats-cca-token section 4.6.2). PSA tokens have no such claim.
StatedDigest digest_of(const evidence::psa::SoftwareComponent& component,
                       const evidence::psa::Claims& claims) noexcept {
  std::string_view algorithm;
  if (claims.hash_algorithm) algorithm = *claims.hash_algorithm;
  if (component.description && !component.description->empty()) algorithm = *component.description;
  return digest_of(algorithm, component.value);
}

rats::CorimDigest corim_digest(const StatedDigest& digest) {
  rats::CorimDigest written{.algorithm = std::string(digest.algorithm), .value = to_bytes(digest.value)};
  if (digest.hash) written.algorithm = rats::named_information_id(*digest.hash);
  return written;
}

bool matches(const ApprovedDigests& approved, const StatedDigest& actual) noexcept {
  if (approved.ambiguous) return false;
  const auto same = std::ranges::find_if(
      approved.all, [&](const rats::CorimDigest& digest) { return is_of_algorithm(digest, actual); });
  return same != approved.all.end() && equal(same->value, actual.value);
}

std::string text_of(const StatedDigest& digest) { return std::format("{} {}", digest.algorithm, to_hex(digest.value)); }

}  // namespace credence::verifier::arm
