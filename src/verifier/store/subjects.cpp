#include "verifier/store/subjects.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

namespace credence::verifier {

std::optional<rats::ArtifactType> artifact_of(TripleKind kind) noexcept {
  switch (kind) {
    case TripleKind::reference_values:
      return rats::ArtifactType::reference_values;
    case TripleKind::endorsed_values:
    case TripleKind::conditional_endorsements:
    case TripleKind::conditional_series:
      return rats::ArtifactType::endorsed_values;
    case TripleKind::attestation_keys:
      return rats::ArtifactType::trust_anchors;
    case TripleKind::identity_keys:
    case TripleKind::dependencies:
    case TripleKind::memberships:
      break;
  }
  return std::nullopt;
}

std::uint64_t subject_hash(rats::ArtifactType artifact, ByteView identifier) noexcept {
  return std::hash<std::string_view>{}(as_text(identifier)) ^
         (std::to_underlying(artifact) + 1ULL) * 0x9e3779b97f4a7c15;
}

void Subjects::add(std::uint32_t content, std::span<const Content::Subject> subjects) {
  for (const auto& [hash, offset] : subjects) places_.emplace(hash, Place{.content = content, .offset = offset});
}

void Subjects::remove(std::uint32_t content, std::span<const Content::Subject> subjects) {
  std::set<std::uint64_t> hashes;  // a class may have as many triples as there are: one pass over them is enough
  for (const auto& [hash, offset] : subjects) hashes.insert(hash);
  for (const std::uint64_t hash : hashes) {
    for (auto [place, end] = places_.equal_range(hash); place != end;)
      place = place->second.content == content ? places_.erase(place) : std::next(place);
  }
}

std::vector<Subjects::Place> Subjects::find(rats::ArtifactType artifact, std::span<const Bytes> identifiers) const {
  std::vector<Place> found;
  for (const Bytes& identifier : identifiers) {
    const auto [begin, end] = places_.equal_range(subject_hash(artifact, identifier));
    for (auto place = begin; place != end; ++place) found.push_back(place->second);
  }
  std::ranges::sort(found);
  const auto again = std::ranges::unique(found);
  found.erase(again.begin(), again.end());
  return found;
}

}  // namespace credence::verifier
