// What a chain of DICE certificates states in CoRIM's terms.
#pragma once

#include <vector>

#include "evidence/dice/chain.h"
#include "verifier/claims/accepted_claims.h"

namespace credence::verifier::riot {

// Of each layer that names itself its FWIDs and svn, on the word of the device's key.
[[nodiscard]] std::vector<AcceptedClaim> stated(const evidence::dice::Chain& chain);

}  // namespace credence::verifier::riot
