#pragma once

#include "evidence/kind.h"

namespace credence::evidence {

[[nodiscard]] const Kind& sevsnp_kind();

}  // namespace credence::evidence
