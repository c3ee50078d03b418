// PSA_IOT: tokens of PSA roots of trust (docs/formats/evidence-psa.md).
#pragma once

#include "verifier/scheme/scheme.h"

namespace credence::verifier {

[[nodiscard]] const Scheme& psa_iot_scheme();

}  // namespace credence::verifier
