#pragma once

#include "evidence/kind.h"
#include "evidence/tpm/structures.h"

namespace credence::evidence {

[[nodiscard]] const Kind& tpm_kind();

namespace tpm {

// The structures that a bundle consists of, which people also keep in files of their own.
[[nodiscard]] json::Object describe(const Attest& attest);
[[nodiscard]] json::Object describe(const Public& area);
[[nodiscard]] json::Object describe(const Signature& signature);

}  // namespace tpm

}  // namespace credence::evidence
