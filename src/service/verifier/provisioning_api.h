// Veraison's provisioning API (docs/verifier-api.md): CoRIMs go in, and the answer tells the outcome or where to ask
// for it.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "service/audit/log.h"
#include "service/http/message.h"
#include "service/metrics/verifier_metrics.h"
#include "service/verifier/corim_body.h"
#include "service/verifier/provisioning_session.h"
#include "service/verifier/routes.h"
#include "verifier/store.h"

namespace credence::service {

// Thread-safe.
class ProvisioningApi {
 public:
  struct Parts {
    std::shared_ptr<verifier::Store> store{};
    CorimSigners signers{};
    std::shared_ptr<ProvisioningSessions> sessions{};
    std::shared_ptr<const Clock> clock{};
    std::shared_ptr<VerifierMetrics> metrics{};  // empty: nobody counts
    std::shared_ptr<audit::Log> audit{};         // of what is done after the answer; null: none is kept
    Log* log = &no_log();
  };
  explicit ProvisioningApi(Parts parts) : parts_(std::make_shared<const Parts>(std::move(parts))) {}

  void add_routes(Routes& routes) const;

  // 200 with the outcome, or 201 and a session for a client that sends `Prefer: respond-async` (RFC 7240). Its outcome
  // is in the audit log before the session tells it.
  [[nodiscard]] http::Response submit(const http::Request& request) const;
  [[nodiscard]] http::Response get_session(const http::Request& request) const;
  [[nodiscard]] http::Response delete_session(const http::Request& request) const;

 private:
  std::shared_ptr<const Parts> parts_;
};

}  // namespace credence::service
