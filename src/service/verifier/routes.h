// From the table of operations to a router: each API says what answers an operation, and nothing can be added that has
// no row in the table.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "service/http/router.h"
#include "service/verifier/front.h"
#include "service/verifier/operation.h"

namespace credence::service {

// What answers the operations of one tenant. The handlers see nothing that is another tenant's.
class Routes {
 public:
  // Once for each operation. Request::principal is set, and may call it.
  void add(Operation operation, http::Handler handler) { handlers_.insert_or_assign(operation, std::move(handler)); }
  [[nodiscard]] const std::map<Operation, http::Handler>& handlers() const noexcept { return handlers_; }

 private:
  std::map<Operation, http::Handler> handlers_;
};

using Tenants = std::map<std::string, Routes, std::less<>>;

// Every operation that the tenants answer, behind `front`; each request goes to the tenant of its principal.
// Errc::internal when the tenants do not answer the same operations.
[[nodiscard]] Result<http::Router> router_of(const Tenants& tenants, const std::shared_ptr<Front>& front);

}  // namespace credence::service
