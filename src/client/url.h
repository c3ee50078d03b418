// The few things that are done with URLs, all by libcurl's own parser: what is checked is what will be used. Where
// nobody will be asked over HTTP a URL is only a name, and nothing of this is called for it: libcurl need not be
// loaded.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::client {

// http or https, without user, and plain HTTP only to loopback unless it was allowed. Errc::usage otherwise;
// Errc::configuration without libcurl, which a process that has a URL to ask therefore loads when it reads it.
[[nodiscard]] Result<void> check_url(const std::string& url, bool allow_insecure_http);

// The base URL of a service with a path below it: "https://host:1/" and "/a/b" give "https://host:1/a/b".
[[nodiscard]] std::string endpoint(std::string_view base, std::string_view path);

// A Location header against the URL that was asked (RFC 9110 section 10.2.2). Another scheme, host or port is refused.
[[nodiscard]] Result<std::string> resolve_same_origin(const std::string& url, const std::string& location);

// For a query: everything but RFC 3986's unreserved characters percent-encoded.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace credence::client
