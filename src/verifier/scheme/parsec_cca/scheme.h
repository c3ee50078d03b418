// PARSEC_CCA: a key that a CCA realm attests (docs/formats/evidence-cca.md).
#pragma once

#include "verifier/scheme/scheme.h"

namespace credence::verifier {

[[nodiscard]] const Scheme& parsec_cca_scheme();

}  // namespace credence::verifier
