// The verifier's main flow: decode, signatures, binder or nonce, trust anchor, reference values, policy, result.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "rats/ear/ear.h"
#include "verifier/appraiser.h"
#include "verifier/policy.h"
#include "verifier/store.h"

namespace credence::verifier {

class ResultDraft;
class Trace;

// Thread-safe; holds no state of a request.
class Engine {
 public:
  struct Identity {
    std::string developer = "Credence";
    std::string build;
    std::string issuer;  // iss: the verifier's URI, may be empty
  };

  Engine(std::shared_ptr<const Store> store, std::shared_ptr<const Clock> clock, Policy policy, Identity identity);

  // The unsigned result. Evidence that is not authentic or not for this challenge gives a contraindicated Ear, a state
  // that is not approved a warning; both name the reason (policy_claims "problem" in words, "code" as the Errc). An
  // Error means that nothing could be decided: a failing store or a policy that is wrong. With request.trace the result
  // carries what was compared.
  [[nodiscard]] Result<rats::Ear> appraise(const AppraisalRequest& request) const;

  [[nodiscard]] std::vector<std::string> media_types() const;
  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }

 private:
  [[nodiscard]] Result<rats::Ear> appraise(const AppraisalRequest& request, Trace& trace) const;
  [[nodiscard]] ResultDraft start(const AppraisalRequest& request) const;

  std::shared_ptr<const Store> store_;
  std::shared_ptr<const Clock> clock_;
  Policy policy_;
  Identity identity_;
};

// The engine as an Appraiser in this process: appraise() decides before it returns.
[[nodiscard]] std::shared_ptr<Appraiser> local_appraiser(std::shared_ptr<const Engine> engine);

}  // namespace credence::verifier
