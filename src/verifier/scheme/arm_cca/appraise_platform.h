// What a CCA platform says of itself, against what is endorsed of it; and the statements that both CCA schemes join.
#pragma once

#include <memory>
#include <span>

#include "evidence/psa/claims.h"
#include "verifier/endorsements.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier::cca {

// Of an authentic token. Sets hardware, and what appraise_lifecycle(), appraise_components() and appraise_config() set.
void appraise_platform(const evidence::psa::Claims& claims, Endorsements& endorsements,
                       Appraised::Submodule& submodule);

// Scheme::join() of both schemes.
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements);

}  // namespace credence::verifier::cca
