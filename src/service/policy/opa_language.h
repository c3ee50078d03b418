// Veraison's policies, in Rego, run by an Open Policy Agent beside the verifier (docs/policies.md).
#pragma once

#include <memory>

#include "client/opa.h"
#include "verifier/policy/language.h"

namespace credence::service {

inline constexpr std::string_view kRegoRules = "application/vnd.veraison.policy.opa";

// Every version has a package of its own in the OPA. What the OPA has forgotten, because it was started again, it is
// given again. An OPA that does not answer in time, or has no answer, makes the appraisal a refusal.
[[nodiscard]] std::shared_ptr<const verifier::PolicyLanguage> opa_language(std::shared_ptr<const client::Opa> opa);

}  // namespace credence::service
