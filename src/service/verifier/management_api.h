// Veraison's management API (docs/verifier-api.md): policies of the schemes, and what Veraison lacks: deleting them,
// and trying one before it is in force.
#pragma once

#include <memory>

#include "base/log.h"
#include "service/http/message.h"
#include "service/verifier/routes.h"
#include "service/verifier/session.h"
#include "verifier/engine.h"
#include "verifier/policy/policies.h"

namespace credence::service {

// Thread-safe. Who may call it the table of operations decides.
class ManagementApi {
 public:
  struct Parts {
    std::shared_ptr<verifier::Policies> policies;
    std::shared_ptr<const verifier::Engine> engine;
    std::shared_ptr<Sessions> sessions;
    Log* log = &no_log();
  };
  explicit ManagementApi(Parts parts) : parts_(std::make_shared<const Parts>(std::move(parts))) {}

  void add_routes(Routes& routes) const;

  // The new version is not active.
  [[nodiscard]] http::Response create(const http::Request& request) const;
  [[nodiscard]] http::Response list(const http::Request& request) const;
  [[nodiscard]] http::Response get(const http::Request& request) const;
  [[nodiscard]] http::Response get_active(const http::Request& request) const;
  [[nodiscard]] http::Response activate(const http::Request& request) const;
  [[nodiscard]] http::Response deactivate(const http::Request& request) const;
  [[nodiscard]] http::Response remove(const http::Request& request) const;
  // What a policy would make of evidence: before, after, and which line did it. Nothing is stored or signed.
  [[nodiscard]] http::Response dry_run(const http::Request& request) const;

 private:
  std::shared_ptr<const Parts> parts_;
};

}  // namespace credence::service
