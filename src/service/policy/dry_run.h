// A policy tried on evidence that is given with it, or that a session still has.
#pragma once

#include <string_view>

#include "base/result.h"
#include "service/verifier/session.h"
#include "verifier/engine.h"
#include "verifier/policy/policies.h"
#include "wire/json/json.h"

namespace credence::service {

// `request` is JSON: {"policy": UUID of a stored version} or {"type", "rules", "grant"}; and {"evidence": {"type",
// "value": base64}, "nonce": base64, "peer"} or {"session": its id}. The answer is {"before", "after": {"affirming",
// "submods"}, "steps", "warnings"} (docs/verifier-api.md). Errors are about the request; a policy that fails is an
// answer.
[[nodiscard]] Result<json::Object> dry_run_policy(const verifier::Engine& engine, const verifier::Policies& policies,
                                                  Sessions& sessions, std::string_view scheme,
                                                  std::string_view request);

// The same answer, for who has made the trial already.
[[nodiscard]] json::Object trial_to_json(const verifier::PolicyTrial& trial);

}  // namespace credence::service
