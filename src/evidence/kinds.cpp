#include "evidence/all_kinds.h"
#include "evidence/kind.h"

namespace credence::evidence {

std::span<const Kind* const> kinds() {
  static const auto all = all_kinds();
  return all;
}

}  // namespace credence::evidence
