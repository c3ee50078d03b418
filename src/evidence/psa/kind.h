#pragma once

#include "evidence/kind.h"
#include "evidence/psa/claims.h"

namespace credence::evidence {

[[nodiscard]] const Kind& psa_kind();

namespace psa {

// What a reader looks for first; the same in CCA platform tokens.
[[nodiscard]] json::Object describe_state(const Claims& claims);

}  // namespace psa

}  // namespace credence::evidence
