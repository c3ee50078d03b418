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
#include "verifier/trace.h"

namespace credence::verifier {

class Policies;
class ResultDraft;
struct LoadedPolicy;

// A result before a policy and after it.
struct PolicyTrial {
  rats::Ear before;
  rats::Ear after;
  std::vector<Trace::Step> steps;  // of the policy
};

// Thread-safe; holds no state of a request.
class Engine {
 public:
  struct Identity {
    std::string developer = "Credence";
    std::string build;
    std::string issuer;  // iss: the verifier's URI, may be empty
  };

  // Without `policies` there are none.
  Engine(std::shared_ptr<const Knowledge> store, std::shared_ptr<const Clock> clock, Policy policy, Identity identity,
         std::shared_ptr<const Policies> policies = nullptr);

  // The unsigned result. Evidence that is not authentic or not for this challenge gives a contraindicated Ear, as does
  // a policy that fails; a state that is not approved gives a warning. All of them name the reason (policy_claims
  // "problem" in words, "code" as the Errc). An Error means that nothing could be decided: a failing store,
  // or a clock that was set back.
  // With request.trace the result carries what was compared.
  [[nodiscard]] Result<rats::Ear> appraise(const AppraisalRequest& request) const;
  // What `policy` would make of it, whatever is in force. No result that anybody may rely on.
  [[nodiscard]] Result<PolicyTrial> try_policy(const AppraisalRequest& request, const LoadedPolicy& policy) const;

  [[nodiscard]] std::vector<std::string> media_types() const;
  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }

 private:
  struct Trial;
  [[nodiscard]] Result<rats::Ear> appraise(const AppraisalRequest& request, const Trial& trial, Trace& trace) const;
  [[nodiscard]] std::shared_ptr<const LoadedPolicy> policy_for(const Scheme& scheme, const Trial& trial) const;
  [[nodiscard]] ResultDraft start(const AppraisalRequest& request, Timestamp now) const;

  std::shared_ptr<const Knowledge> store_;
  std::shared_ptr<const Clock> clock_;
  Policy policy_;
  Identity identity_;
  std::shared_ptr<const Policies> policies_;
};

// The engine as an Appraiser in this process: appraise() decides before it returns.
[[nodiscard]] std::shared_ptr<Appraiser> local_appraiser(std::shared_ptr<const Engine> engine);

}  // namespace credence::verifier
