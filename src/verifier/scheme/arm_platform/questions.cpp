#include "verifier/scheme/arm_platform/questions.h"

#include <algorithm>

#include "verifier/scheme/arm_platform/read.h"

namespace credence::verifier::arm {

Questions ask_for_key(std::span<const std::string_view> profiles, ByteView anchor_key) {
  const ByteView instance = anchor_key.subspan(std::min(anchor_key.size(), kImplementationId));
  return ask_for_instance_in(profiles, rats::ArtifactType::trust_anchors,
                             {.tag = rats::kTagUeid, .value = to_bytes(instance)});
}

Questions ask_for_values(std::span<const std::string_view> profiles, ByteView id) {
  rats::Class selected;
  selected.id = rats::TaggedBytes{.tag = rats::kTagBytes, .value = to_bytes(id)};
  return ask_for_class_in(profiles, rats::ArtifactType::reference_values, selected);
}

}  // namespace credence::verifier::arm
