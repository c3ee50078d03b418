#include "service/verifier/operations_api.h"

#include "service/access/local_caller.h"
#include "service/http/problem.h"
#include "service/verifier/openapi.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

http::Response health_response(unsigned status, const json::Object& members) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  response.body = json::to_text(members);
  return response;
}

}  // namespace

http::Response OperationsApi::metrics(const http::Request& request) const {
  if (parts_->access == MetricsAccess::local_callers) {
    const auto caller = request.local ? access::check_local_caller(request)
                                      : Result<void>(fail(Errc::unauthorized, "expected a program on this machine"));
    if (!caller)
      return http::problem(http::kForbidden,
                           "metrics are only for programs on this machine that connect directly; --metrics-listen "
                           "opens a listener for others");
  }
  http::Response response;
  response.headers = {{"Content-Type", std::string(kMetricsType)}, {"Cache-Control", "no-store"}};
  response.body = parts_->metrics->text();
  return response;
}

http::Response OperationsApi::alive(const http::Request&) { return health_response(http::kOk, {{"status", "alive"}}); }

http::Response OperationsApi::ready(const http::Request&) const {
  json::Array names;
  for (const Health::Cause& cause : parts_->health->causes()) names.emplace_back(cause.name);
  if (names.empty()) return health_response(http::kOk, {{"status", "ready"}});
  return health_response(http::kServiceUnavailable, {{"status", "not ready"}, {"causes", std::move(names)}});
}

http::Response OperationsApi::document(const http::Request&) {
  http::Response response;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "max-age=60"}};
  response.body = openapi_document();
  return response;
}

void OperationsApi::add_routes(http::Router& router) const {
  if (parts_->access != MetricsAccess::nobody)
    router.add(http::Method::get, "/metrics", 0,
               [api = *this](const http::Request& request) { return api.metrics(request); });
  router.add(http::Method::get, "/healthz", 0, alive);
  router.add(http::Method::get, "/openapi.json", 0, document);
  router.add(http::Method::get, "/readyz", 0,
             [api = *this](const http::Request& request) { return api.ready(request); });
}

}  // namespace credence::service
