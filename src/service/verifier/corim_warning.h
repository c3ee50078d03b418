// What a CoRIM says that is taken, and can do nothing: whoever provisions it should know.
#pragma once

#include <string>

#include "rats/corim/corim.h"

namespace credence::service {

// Reference values whose digests name an algorithm twice: they match nothing. Empty when there are none. Not a refusal,
// since CoRIMs that are stored are read again at each start.
[[nodiscard]] std::string warning_about(const rats::Corim& corim);

}  // namespace credence::service
