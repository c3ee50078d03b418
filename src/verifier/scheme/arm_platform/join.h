// The objects of all statements under one key.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "verifier/scheme/arm_platform/endorsed.h"
#include "verifier/scheme/arm_platform/read.h"
#include "verifier/store/content.h"

namespace credence::verifier::arm {

// Add the triples of a CoMID to `content`.
[[nodiscard]] Result<void> add_keys(const rats::Comid& comid, Content& content);
// `prefix` before the implementation in the key: schemes that look up other things too keep them apart by it.
[[nodiscard]] Result<void> add_platform_values(const rats::ReferenceTriple& triple, const Vocabulary& vocabulary,
                                               std::string_view prefix, Content& content);

// Errc::conflict when an instance is endorsed with two keys.
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_keys(std::span<const Statement> statements);
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_platform_values(
    std::span<const Statement> statements, Vocabulary (*vocabulary_of)(std::string_view profile));

}  // namespace credence::verifier::arm
