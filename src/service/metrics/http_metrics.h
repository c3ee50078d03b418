// What the HTTP server does, as metrics: by route pattern, method and class of status.
#pragma once

#include <memory>

#include "service/http/observer.h"
#include "service/metrics/registry.h"

namespace credence::service {

// For a server over these routes. After a reload a new one goes on with the same series.
[[nodiscard]] std::shared_ptr<http::Observer> http_metrics(const std::shared_ptr<Metrics>& metrics,
                                                           const http::Router& router);

}  // namespace credence::service
