// What operators and their machines ask (docs/operating.md): /metrics, /healthz, /readyz and
// /openapi.json.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "service/http/router.h"
#include "service/metrics/registry.h"
#include "service/verifier/health.h"

namespace credence::service {

// Who may read the numbers. They say how many attesters there are and how many fail: nothing for everybody.
enum class MetricsAccess : std::uint8_t {
  nobody,         // another listener has them
  local_callers,  // programs on this machine that connect directly
  everybody,      // who reaches a listener made for it
};

// Thread-safe.
class OperationsApi {
 public:
  struct Parts {
    std::shared_ptr<const Metrics> metrics;
    std::shared_ptr<const Health> health;
    MetricsAccess access = MetricsAccess::local_callers;
  };
  explicit OperationsApi(Parts parts) : parts_(std::make_shared<const Parts>(std::move(parts))) {}

  void add_routes(http::Router& router) const;

  [[nodiscard]] http::Response metrics(const http::Request& request) const;
  // 200 as long as the process answers at all.
  [[nodiscard]] static http::Response alive(const http::Request& request);
  [[nodiscard]] static http::Response document(const http::Request& request);  // openapi.h
  // 200, or 503 with the names of what is not well. Why stands in the log: callers are not authenticated.
  [[nodiscard]] http::Response ready(const http::Request& request) const;

 private:
  std::shared_ptr<const Parts> parts_;
};

}  // namespace credence::service
