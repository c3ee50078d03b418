// PARSEC_TPM: the bundle of a certified TLS key and a quote (docs/formats/evidence-tpm.md).
#pragma once

#include "verifier/scheme/scheme.h"

namespace credence::verifier {

[[nodiscard]] const Scheme& parsec_tpm_scheme();

}  // namespace credence::verifier
