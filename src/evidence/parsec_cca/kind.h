#pragma once

#include "evidence/kind.h"

namespace credence::evidence {

[[nodiscard]] const Kind& parsec_cca_kind();

}  // namespace credence::evidence
