// A policy over a whole result.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "rats/ear/ear.h"
#include "verifier/appraiser.h"
#include "verifier/endorsements.h"
#include "verifier/policy/policies.h"
#include "wire/json/json.h"

namespace credence::verifier {

// What a policy sees beside the result.
struct PolicySubject {
  std::string_view scheme;
  const AppraisalRequest& request;
  std::function<Result<json::Object>()> claims;  // of the whole evidence
  Endorsements& endorsements;
  const json::Object& names;
};

// Runs it on every submodule and names it in each. What fails, or raises without the grant, makes the result a refusal.
// An Error means that nothing could be decided: the store failed while the policy asked for endorsements.
[[nodiscard]] Result<void> evaluate(const LoadedPolicy& policy, const PolicySubject& subject, rats::Ear& ear);

}  // namespace credence::verifier
