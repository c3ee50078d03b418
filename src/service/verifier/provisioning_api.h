// Veraison's provisioning API (docs/verifier-api.md): CoRIMs go in, and the answer tells the outcome or where to ask
// for it.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/certificate.h"
#include "service/http/router.h"
#include "service/verifier/bearer_token.h"
#include "service/verifier/provisioning_session.h"
#include "verifier/store.h"

namespace credence::service {

// Thread-safe.
class ProvisioningApi {
 public:
  struct Parts {
    std::shared_ptr<verifier::Store> store{};
    std::vector<crypto::Certificate> anchors{};  // of signed CoRIMs
    std::optional<BearerToken> token{};
    bool open_without_token = false;  // only on a listener that nobody else can reach
    std::shared_ptr<ProvisioningSessions> sessions{};
    std::shared_ptr<const Clock> clock{};
    Log* log = &no_log();
  };
  explicit ProvisioningApi(Parts parts) : parts_(std::make_shared<const Parts>(std::move(parts))) {}

  void add_routes(http::Router& router) const;

  // What a caller without permission is told, before the body is read.
  [[nodiscard]] std::optional<http::Response> refuse_caller(const http::Request& request) const;
  // 200 with the outcome, or 201 and a session for a client that sends `Prefer: respond-async` (RFC 7240).
  [[nodiscard]] http::Response submit(const http::Request& request) const;
  [[nodiscard]] http::Response get_session(const http::Request& request) const;
  [[nodiscard]] http::Response delete_session(const http::Request& request) const;

 private:
  std::shared_ptr<const Parts> parts_;
};

inline constexpr std::size_t kMaxCorim = 16 << 20;  // octets

}  // namespace credence::service
