// Errors as RFC 7807 problem details.
#pragma once

#include <string_view>

#include "base/error.h"
#include "service/http/message.h"

namespace credence::service::http {

inline constexpr std::string_view kProblemJson = "application/problem+json";

// {"type":"about:blank","title":"Bad Request","status":400,"detail":"..."}, and the id of the request that this thread
// works for as "instance"; 503 with the header that it must have, 401 without its challenge: see access.h.
[[nodiscard]] Response problem(unsigned status, std::string_view detail);

// Status and text from the Error. What went wrong inside the service (5xx) is for its log and not for the client.
[[nodiscard]] Response problem(const Error& error);

}  // namespace credence::service::http
