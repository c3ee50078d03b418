// SEVSNP: AMD SEV-SNP guests (docs/formats/evidence-sevsnp.md).
#pragma once

#include "verifier/scheme/scheme.h"

namespace credence::verifier {

[[nodiscard]] const Scheme& sevsnp_scheme();

}  // namespace credence::verifier
