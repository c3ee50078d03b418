// Who may do everything without a credential: a program on this machine that connects by itself.
#pragma once

#include "base/result.h"
#include "service/http/message.h"

namespace credence::service::access {

// A connection over loopback may still carry somebody else's request. Errc::unauthorized when the request bears the
// mark of a proxy or of a browser, or names another host than this one (DNS rebinding).
[[nodiscard]] Result<void> check_local_caller(const http::Request& request);

}  // namespace credence::service::access
