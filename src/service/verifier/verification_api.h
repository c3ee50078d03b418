// Veraison's challenge-response API (docs/verifier-api.md): a session is opened with a nonce, takes evidence once, and
// ends with a signed result.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "service/http/message.h"
#include "service/metrics/verifier_metrics.h"
#include "service/verifier/given_nonces.h"
#include "service/verifier/result_signer.h"
#include "service/verifier/routes.h"
#include "service/verifier/session.h"
#include "service/verifier/session_json.h"
#include "verifier/appraiser.h"

namespace credence::service {

// Thread-safe.
class VerificationApi {
 public:
  struct Parts {
    std::shared_ptr<Sessions> sessions;
    std::shared_ptr<verifier::Appraiser> appraiser;
    std::vector<std::string> media_types{};  // of evidence, those that are no channel's included
    std::shared_ptr<const ResultSigner> signer;
    std::shared_ptr<const Random> random;
    NonceDialect dialect = NonceDialect::url;
    Seconds result_lifetime = kDefaultResultLifetime;  // the longest that a client may ask for, and the default
    bool compatibility = false;                        // Veraison's plain nonce: see challenges_for()
    std::shared_ptr<VerifierMetrics> metrics{};        // empty: nobody counts
    Log* log = &no_log();
    std::shared_ptr<GivenNonces> given = std::make_shared<GivenNonces>();
    std::string accept{};  // the media types as a JSON array: the constructor writes it
  };
  explicit VerificationApi(Parts parts);

  // The routes keep what they need alive.
  void add_routes(Routes& routes) const;

  [[nodiscard]] http::Response new_session(const http::Request& request) const;
  // Takes the body of the request.
  [[nodiscard]] http::Response submit_evidence(http::Request& request) const;
  [[nodiscard]] http::Response get_session(const http::Request& request) const;
  [[nodiscard]] http::Response delete_session(const http::Request& request) const;

 private:
  std::shared_ptr<const Parts> parts_;
};

}  // namespace credence::service
