// What a reference value says of one thing by digests, and how values are found by them.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "rats/corim/measurement.h"

namespace credence::verifier {

// Its digests by different algorithms.
struct ApprovedDigests {
  std::vector<rats::CorimDigest> all;
  bool ambiguous = false;  // an algorithm stands twice, by CoRIM's rule (rats::match::digests): nothing matches
};
[[nodiscard]] ApprovedDigests approve(std::vector<rats::CorimDigest> digests);

// For people: "sha-256 0102... and sha-384 0304...", of very many the first ones. Empty when there are none.
[[nodiscard]] std::string text_of(const ApprovedDigests& approved);

// Finds reference values by the octets of a digest: an implementation may have any number of them.
class DigestIndex {
 public:
  struct Entry {
    std::size_t hash = 0;
    std::size_t position = 0;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };

  void add(const ApprovedDigests& digests, std::size_t position);
  // After the last add() and before the first find().
  void sort();
  // In the order of their positions, each once: all with a digest of these octets, and perhaps others.
  [[nodiscard]] std::span<const Entry> find(ByteView value) const noexcept;

 private:
  std::vector<Entry> entries_;
};

// Of the values that a refusal might name, those that are looked at. An attester states as many digests as it likes.
template <typename Value>
struct Candidates {
  static constexpr std::size_t kMost = 1'024;  // of a list by their digest, and as many that are its first

  std::vector<const Value*> values;  // of each list those with a digest of these octets before the others
  bool all = true;                   // else there are more

  void add(const std::vector<Value>& list, const DigestIndex& index, ByteView digest) {
    const auto found = index.find(digest);
    const auto same = found.first(std::min(found.size(), kMost));
    for (const DigestIndex::Entry& entry : same) values.push_back(&list[entry.position]);
    for (std::size_t i = 0; i < std::min(list.size(), kMost); ++i)
      if (!std::ranges::binary_search(same, i, {}, &DigestIndex::Entry::position)) values.push_back(&list[i]);
    all = all && list.size() <= kMost;
  }
};

}  // namespace credence::verifier
