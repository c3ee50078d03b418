// The Accept header (RFC 9110 section 12.5.1).
#pragma once

#include <string_view>

#include "base/result.h"

namespace credence::service::http {

// True when the header lets the server send `essence` (type/subtype in lower case); a missing header accepts
// everything. The most specific range decides, and q=0 refuses.
[[nodiscard]] Result<bool> accepts(std::string_view accept_header, std::string_view essence);

}  // namespace credence::service::http
