// The TLS configuration of the service's own listener.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "base/result.h"
#include "service/http/server.h"

namespace credence::service::http {

// TLS 1.3 only, without resumption. Errc::configuration when a file cannot be used.
[[nodiscard]] Result<boost::asio::ssl::context> tls_context(const TlsFiles& files);

}  // namespace credence::service::http
