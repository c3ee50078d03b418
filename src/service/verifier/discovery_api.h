// Discovery (docs/verifier-api.md): what this verifier takes, where, and the key of its results.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "service/verifier/health.h"
#include "service/verifier/result_signer.h"
#include "service/verifier/routes.h"
#include "wire/json/json.h"

namespace credence::service {

class DiscoveryApi {
 public:
  struct Parts {
    std::shared_ptr<const ResultSigner> signer;
    std::vector<std::string> evidence_types;
    std::vector<std::string> corim_types;
    std::vector<std::string> schemes;       // that may have policies
    std::vector<std::string> policy_types;  // of rules
    std::string version;
    std::shared_ptr<const Clock> clock;
    std::shared_ptr<const Health> health;
  };
  explicit DiscoveryApi(Parts parts);

  void add_routes(Routes& routes) const;

 private:
  // Without what changes in time: the state and the keys.
  struct Documents {
    json::Object verification;
    json::Object provisioning;
    json::Object management;
    std::shared_ptr<const ResultSigner> signer;
    std::shared_ptr<const Clock> clock;
    std::shared_ptr<const Health> health;
  };
  [[nodiscard]] static http::Response answer(const Documents& documents, const http::Request& request,
                                             json::Object document);
  [[nodiscard]] static json::Object verification(const Documents& documents);
  std::shared_ptr<const Documents> documents_;
};

}  // namespace credence::service
