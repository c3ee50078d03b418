// Where triples stand, by the identifiers of what they are about, its vendor, model, layer and index: a question of
// CoSERV then needs no walk over a million of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "rats/coserv/coserv.h"
#include "verifier/store/content.h"
#include "verifier/store/statement.h"

namespace credence::verifier {

// What a triple of this kind is in the terms of CoSERV; nothing for those that it has no place for.
[[nodiscard]] std::optional<rats::ArtifactType> artifact_of(TripleKind kind) noexcept;

// A layer and an index as they stand in an encoded class.
[[nodiscard]] Bytes layer_name(std::uint64_t layer);
[[nodiscard]] Bytes index_name(std::uint64_t index);

// What triples of this artifact stand under when an environment of theirs has this class id, vendor, model,
// layer, index, instance or group.
[[nodiscard]] std::uint64_t subject_hash(rats::ArtifactType artifact, ByteView identifier) noexcept;

// Not thread-safe.
class Subjects {
 public:
  // `content` is a number of the caller's.
  void add(std::uint32_t content, std::span<const Content::Subject> subjects);
  void remove(std::uint32_t content, std::span<const Content::Subject> subjects);

  struct Place {
    std::uint32_t content = 0;
    std::uint32_t offset = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  // How many find() looks through.
  [[nodiscard]] std::size_t count(rats::ArtifactType artifact, std::span<const Bytes> identifiers) const;
  // In their order, each once. Others may be among them: hashes are compared, not identifiers.
  [[nodiscard]] std::vector<Place> find(rats::ArtifactType artifact, std::span<const Bytes> identifiers) const;

 private:
  // Of one hash together: a class may have as many triples as there are, and what is removed goes in one pass.
  std::unordered_map<std::uint64_t, std::vector<Place>> places_;
};

}  // namespace credence::verifier
