// The routes of APIs without anybody in front of them: everybody may do everything.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "service/verifier/routes.h"

namespace credence::test {

template <typename... Apis>
[[nodiscard]] service::http::Router open_router(const Apis&... apis) {
  using namespace service;
  Routes routes;
  (apis.add_routes(routes), ...);
  Tenants tenants;
  tenants.emplace(access::kDefaultTenant, std::move(routes));
  access::Access::Parts open{.methods = {}, .anonymous = access::Roles::all(), .open_to_local_callers = false};
  Front::Parts parts{.access = std::make_shared<const access::Access>(std::move(open)), .rates = {.client = {}}};
  return router_of(tenants, std::make_shared<Front>(std::move(parts))).value();
}

}  // namespace credence::test
