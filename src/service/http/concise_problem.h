// Errors as CBOR (RFC 9290): what resources that speak CBOR answer.
#pragma once

#include "base/error.h"
#include "service/http/message.h"

namespace credence::service::http {

inline constexpr std::string_view kConciseProblem = "application/concise-problem-details+cbor";

// {-1: title, -2: detail}; the status is that of problem().
[[nodiscard]] Response concise_problem(const Error& error);

}  // namespace credence::service::http
