#pragma once

#include "evidence/kind.h"

namespace credence::evidence {

[[nodiscard]] const Kind& dice_kind();

}  // namespace credence::evidence
