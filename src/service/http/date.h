// IMF-fixdate (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
#pragma once

#include <string>

#include "base/clock.h"

namespace credence::service::http {

[[nodiscard]] std::string to_imf_fixdate(Timestamp at);

}  // namespace credence::service::http
