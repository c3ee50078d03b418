// ARM_CCA: tokens of CCA realms and of the platform under them (docs/formats/evidence-cca.md).
#pragma once

#include "verifier/scheme/scheme.h"

namespace credence::verifier {

[[nodiscard]] const Scheme& arm_cca_scheme();

}  // namespace credence::verifier
