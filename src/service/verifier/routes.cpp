#include "service/verifier/routes.h"

namespace credence::service {
namespace {

using ByTenant = std::map<std::string, http::Handler, std::less<>>;

http::Handler by_tenant(ByTenant handlers) {
  return [handlers = std::move(handlers)](http::Request& request) {
    const auto tenant = handlers.find(request.principal.tenant);
    // A tenant that is not configured has nothing, and learns nothing about those that are.
    return tenant == handlers.end() ? http::not_found_response() : tenant->second(request);
  };
}

}  // namespace

Result<http::Router> router_of(const Tenants& tenants, const std::shared_ptr<Front>& front) {
  http::Router router;
  for (const OperationRow& row : operations()) {
    ByTenant handlers;
    for (const auto& [tenant, routes] : tenants) {
      const auto found = routes.handlers().find(row.operation);
      if (found != routes.handlers().end()) handlers.emplace(tenant, found->second);
    }
    if (handlers.empty()) continue;
    if (handlers.size() != tenants.size())
      return fail(Errc::internal, "an operation is not answered for every tenant: " + std::string(row.name));
    router.add(row.method, row.pattern, row.body_limit, front->audited(row, by_tenant(std::move(handlers))),
               front->guard(row), front->slow());
  }
  return router;
}

}  // namespace credence::service
