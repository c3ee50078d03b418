// Discovery (docs/verifier-api.md): what this verifier takes, where, and the key of its results.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
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
    std::string version;
    std::shared_ptr<const Clock> clock;
  };
  explicit DiscoveryApi(Parts parts);

  void add_routes(Routes& routes) const;

 private:
  struct Documents {
    json::Object verification;  // without the keys, which change in time
    std::string provisioning;
    std::shared_ptr<const ResultSigner> signer;
    std::shared_ptr<const Clock> clock;
  };
  [[nodiscard]] static std::string verification(const Documents& documents, Timestamp now);
  std::shared_ptr<const Documents> documents_;
};

}  // namespace credence::service
