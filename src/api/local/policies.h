// The policies of a relying party that appraises itself.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "credence/edge_verifier.h"
#include "verifier/policy/policies.h"

namespace credence {

// In force, without a grant to raise: a relying party that wants more than the schemes say has endorsements for it.
// Null without any. Errc::not_found for a file that there is not, invalid_value for a scheme that there is not and,
// with the line, for rules that cannot be run, too_large for longer ones than a verifier takes, usage for two of one
// scheme and for Rego.
[[nodiscard]] Result<std::shared_ptr<const verifier::Policies>> policies_of(const std::vector<LocalPolicy>& files);

}  // namespace credence
