// An HTTP answer that is no success, as an Error.
#pragma once

#include "base/error.h"
#include "client/http.h"

namespace credence::client {

// Code from the status, text from the problem details (RFC 7807) when there are any.
[[nodiscard]] Error refusal_of(const HttpResponse& response, const std::string& url);

}  // namespace credence::client
