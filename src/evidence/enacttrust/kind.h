#pragma once

#include "evidence/kind.h"

namespace credence::evidence {

[[nodiscard]] const Kind& enacttrust_kind();

}  // namespace credence::evidence
