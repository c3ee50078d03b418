#include "verifier/store/subjects.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

#include "wire/cbor/writer.h"

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

Bytes layer_name(std::uint64_t layer) { return cbor::Writer().integer(3).unsigned_integer(layer).take(); }
Bytes index_name(std::uint64_t index) { return cbor::Writer().integer(4).unsigned_integer(index).take(); }

std::uint64_t subject_hash(rats::ArtifactType artifact, ByteView identifier) noexcept {
  return std::hash<std::string_view>{}(as_text(identifier)) ^
         (std::to_underlying(artifact) + 1ULL) * 0x9e3779b97f4a7c15;
}

void Subjects::add(std::uint32_t content, std::span<const Content::Subject> subjects) {
  for (const auto& [hash, offset] : subjects) places_[hash].push_back({.content = content, .offset = offset});
}

void Subjects::remove(std::uint32_t content, std::span<const Content::Subject> subjects) {
  std::set<std::uint64_t> hashes;
  for (const auto& [hash, offset] : subjects) hashes.insert(hash);
  for (const std::uint64_t hash : hashes) {
    const auto found = places_.find(hash);
    if (found == places_.end()) continue;
    std::erase_if(found->second, [content](const Place& place) { return place.content == content; });
    if (found->second.empty()) places_.erase(found);
  }
}

std::size_t Subjects::count(rats::ArtifactType artifact, std::span<const Bytes> identifiers) const {
  std::size_t sum = 0;
  for (const Bytes& identifier : identifiers) {
    const auto places = places_.find(subject_hash(artifact, identifier));
    if (places != places_.end()) sum += places->second.size();
  }
  return sum;
}

std::vector<Subjects::Place> Subjects::find(rats::ArtifactType artifact, std::span<const Bytes> identifiers) const {
  std::vector<Place> found;
  for (const Bytes& identifier : identifiers) {
    const auto places = places_.find(subject_hash(artifact, identifier));
    if (places != places_.end()) found.insert(found.end(), places->second.begin(), places->second.end());
  }
  std::ranges::sort(found);
  const auto again = std::ranges::unique(found);
  found.erase(again.begin(), again.end());
  return found;
}

}  // namespace credence::verifier
