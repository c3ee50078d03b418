#include "service/metrics/http_metrics.h"

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace credence::service {
namespace {

constexpr std::array<const char*, 5> kClasses = {"1xx", "2xx", "3xx", "4xx", "5xx"};

// The series of one route, found once: the hot path only adds.
struct RouteSeries {
  std::array<Counter, kClasses.size()> by_class;
  Histogram time;
};

RouteSeries series_of(Metrics& metrics, const std::string& route, const std::string& method) {
  const auto counter = [&](const char* status) {
    return metrics.counter("credence_http_requests_total", "Requests that were answered.",
                           {{"route", route}, {"method", method}, {"status", status}});
  };
  return {.by_class = {counter(kClasses[0]), counter(kClasses[1]), counter(kClasses[2]), counter(kClasses[3]),
                       counter(kClasses[4])},
          .time = metrics.latency("credence_http_request_duration_seconds",
                                  "From a request's header to its answer, its body included.",
                                  {{"route", route}, {"method", method}})};
}

class HttpMetrics final : public http::Observer {
 public:
  HttpMetrics(std::shared_ptr<Metrics> metrics, const http::Router& router)
      : metrics_(std::move(metrics)),
        unrouted_(series_of(*metrics_, "none", "any")),
        connections_(metrics_->gauge("credence_http_connections", "Connections that are open.")),
        refused_(metrics_->counter("credence_http_connections_refused_total",
                                   "Connections closed at once: too many were open.")),
        handshakes_(metrics_->counter("credence_tls_handshake_failures_total", "TLS handshakes that failed.")) {
    for (const http::Route& route : router.routes())
      routes_.push_back(series_of(*metrics_, route.pattern, std::string(http::name(route.method))));
  }

  void served(const http::Served& request) noexcept override {
    const RouteSeries& series =
        request.route != nullptr && request.route->index < routes_.size() ? routes_[request.route->index] : unrouted_;
    const std::size_t status_class = request.status / 100;
    if (status_class >= 1 && status_class <= kClasses.size()) series.by_class[status_class - 1].add();
    series.time.observe(std::chrono::duration<double>(request.time).count());
  }
  void connection_opened() noexcept override { connections_.add(1); }
  void connection_closed() noexcept override { connections_.add(-1); }
  void connection_refused() noexcept override { refused_.add(); }
  void handshake_failed() noexcept override { handshakes_.add(); }

 private:
  const std::shared_ptr<Metrics> metrics_;
  std::vector<RouteSeries> routes_;
  const RouteSeries unrouted_;
  const Gauge connections_;
  const Counter refused_;
  const Counter handshakes_;
};

}  // namespace

std::shared_ptr<http::Observer> http_metrics(const std::shared_ptr<Metrics>& metrics, const http::Router& router) {
  return std::make_shared<HttpMetrics>(metrics, router);
}

}  // namespace credence::service
