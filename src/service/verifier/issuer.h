// Who results say that they are from.
#pragma once

#include <string>

#include "base/result.h"

namespace credence::service {

// RFC 7519 section 2, StringOrURI: any text without a colon, or an absolute URI (RFC 3986 section 4.3), with a host
// where it is of the web. Empty: results name nobody. Errc::usage.
[[nodiscard]] Result<void> check_issuer(const std::string& issuer);

}  // namespace credence::service
