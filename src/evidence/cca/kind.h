#pragma once

#include "evidence/cca/token.h"
#include "evidence/kind.h"

namespace credence::evidence {

[[nodiscard]] const Kind& cca_kind();

namespace cca {

[[nodiscard]] json::Object describe(const Token& token);

}  // namespace cca

}  // namespace credence::evidence
