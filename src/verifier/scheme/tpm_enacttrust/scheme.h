// TPM_ENACTTRUST: a node's quote (docs/formats/evidence-enacttrust.md).
#pragma once

#include "verifier/scheme/scheme.h"

namespace credence::verifier {

[[nodiscard]] const Scheme& tpm_enacttrust_scheme();

}  // namespace credence::verifier
