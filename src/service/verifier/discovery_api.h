// Discovery (docs/verifier-api.md): what this verifier takes, where, and the key of its results.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "service/verifier/routes.h"
#include "wire/json/json.h"

namespace credence::service {

class DiscoveryApi {
 public:
  struct Parts {
    json::Object result_key;  // JWK
    std::vector<std::string> evidence_types;
    std::vector<std::string> corim_types;
    std::string version;
    std::shared_ptr<const Clock> clock;
  };
  explicit DiscoveryApi(Parts parts);

  void add_routes(Routes& routes) const;

 private:
  struct Documents {
    std::string verification;
    std::string provisioning;
    std::shared_ptr<const Clock> clock;
  };
  std::shared_ptr<const Documents> documents_;
};

}  // namespace credence::service
