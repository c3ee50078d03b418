// draft-ietf-rats-corim section 9.4.3.
#include <algorithm>

#include "rats/corim/match/match.h"

namespace credence::rats::match {
namespace {

// The draft compares octets. PEM leaves room for line ends, and a signer is known by its certificate: the key inside
// decides where both have one.
bool same_key(const CryptoKey& one, const CryptoKey& other) {
  if (one == other) return true;
  const auto first = public_key_of(one);
  if (!first) return false;
  const auto second = public_key_of(other);
  return second && *first == *second;
}

}  // namespace

bool authorities(std::span<const CryptoKey> condition, std::span<const CryptoKey> actual) {
  return std::ranges::all_of(condition, [&](const CryptoKey& demanded) {
    return std::ranges::any_of(actual, [&](const CryptoKey& key) { return same_key(demanded, key); });
  });
}

}  // namespace credence::rats::match
