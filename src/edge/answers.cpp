#include "edge/answers.h"

#include "base/weak.h"

namespace credence::edge {

bool Kept::is_usable(Timestamp now) const noexcept {
  if (weak::removed(weak::Check::coserv_expiry)) return answer != nullptr;
  return answer != nullptr && received <= now && now < usable_until;
}

}  // namespace credence::edge
