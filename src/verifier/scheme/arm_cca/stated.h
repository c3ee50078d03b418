// What a CCA token states in CoRIM's terms: of the platform, and of the realm as an environment of its own.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "evidence/cca/token.h"
#include "verifier/claims/accepted_claims.h"

namespace credence::verifier::cca {

// `platform_key` (DER SPKI) is the endorsed one. The realm's class is its initial measurement.
[[nodiscard]] std::vector<AcceptedClaim> stated(const evidence::cca::Token& token, ByteView platform_key);

}  // namespace credence::verifier::cca
