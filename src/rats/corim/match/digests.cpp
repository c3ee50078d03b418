// draft-ietf-rats-corim section 9.4.6.3.
#include <algorithm>

#include "rats/corim/match/match.h"

namespace credence::rats::match {
namespace {

// The IANA registry has not half as many algorithms. Each digest is compared with each, and a CoRIM has room for
// hundreds of thousands in one measurement.
constexpr std::size_t kMostAlgorithms = 64;

// "sha-256" and 1 are the same: else an attester that names the algorithm the other way would have no algorithm in
// common, and one that names both could show a good digest of the weaker one beside another of the stronger.
bool same_algorithm(const CorimDigest& one, const CorimDigest& other) noexcept {
  if (one.algorithm == other.algorithm) return true;
  const auto hash = hash_of(one);
  return hash && hash == hash_of(other);
}

const CorimDigest* find(std::span<const CorimDigest> digests, const CorimDigest& of) noexcept {
  const auto found =
      std::ranges::find_if(digests, [&](const CorimDigest& digest) { return same_algorithm(digest, of); });
  return found == digests.end() ? nullptr : &*found;
}

}  // namespace

bool is_ambiguous(std::span<const CorimDigest> digests) noexcept {
  if (digests.size() > kMostAlgorithms) return true;
  for (std::size_t i = 1; i < digests.size(); ++i)
    if (find(digests.first(i), digests[i]) != nullptr) return true;
  return false;
}

bool digests(std::span<const CorimDigest> condition, std::span<const CorimDigest> actual) noexcept {
  if (is_ambiguous(condition) || is_ambiguous(actual)) return false;
  bool in_common = false;
  for (const CorimDigest& expected : condition) {
    const CorimDigest* found = find(actual, expected);
    if (found == nullptr) continue;
    if (found->value != expected.value) return false;
    in_common = true;
  }
  return in_common;
}

}  // namespace credence::rats::match
