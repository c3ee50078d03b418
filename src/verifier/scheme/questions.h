// Look-ups as questions to a CoSERV service (draft-ietf-rats-coserv): for a relying party that has no store.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/coserv/coserv.h"
#include "verifier/store.h"

namespace credence::verifier {

using Questions = std::vector<rats::CoservQuery>;

// The questions of one look-up: what all their answers state, read by the scheme, holds everything that a store with
// the same CoRIMs finds under this key. Errc::unsupported for look-ups that no question stands for; an empty key, which
// asks whether there is anything at all, is one.
[[nodiscard]] Result<Questions> questions_of(const Lookup& lookup);

// The environment that condition_key() encoded: one member.
[[nodiscard]] Result<rats::Environment> environment_of_key(ByteView key);

// For collected artifacts, one selector each.
[[nodiscard]] rats::CoservQuery ask_for_class(std::string_view profile, rats::ArtifactType artifact,
                                              rats::Class selected);
[[nodiscard]] rats::CoservQuery ask_for_instance(std::string_view profile, rats::ArtifactType artifact,
                                                 rats::TaggedBytes selected);
// The same of each profile.
[[nodiscard]] Questions ask_for_class_in(std::span<const std::string_view> profiles, rats::ArtifactType artifact,
                                         const rats::Class& selected);
[[nodiscard]] Questions ask_for_instance_in(std::span<const std::string_view> profiles, rats::ArtifactType artifact,
                                            const rats::TaggedBytes& selected);

}  // namespace credence::verifier
