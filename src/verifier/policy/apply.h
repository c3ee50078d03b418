// What a policy wants, put into a result.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rats/ear/ear.h"
#include "verifier/policy/language.h"
#include "verifier/trace.h"

namespace credence::verifier {

// Whose wish it is.
struct PolicyLabel {
  std::string id{};    // of the version, a UUID
  std::string name{};  // as its author named it
  bool may_raise = false;
};

// Lowers what the policy lowers. The status becomes that of the worst claim, or the worse one that the policy sets.
// Returns what it raised ("executables from 33 to 2"), which is also in policy_claims. Errc::configuration when it
// raised something without the grant, or added a claim that is not its to make: `submodule` is then as it was.
[[nodiscard]] Result<std::vector<std::string>> apply_output(const PolicyLabel& policy, PolicyOutput output,
                                                            rats::Submodule& submodule);

// The subject of its steps.
inline constexpr std::string_view kPolicySubject = "policy";
// What it set, and in which line; the values that would not have lessened the result are what was expected.
void trace_output(const PolicyLabel& policy, const PolicyOutput& output, std::string_view submodule, Trace& trace);
// That it failed while it was asked about this submodule, why, and in which line, where that is known.
void trace_failure(const PolicyLabel& policy, const Error& reason, std::string_view submodule, Trace& trace);

// A policy that failed decides nothing, and nobody is trusted on half a decision: every submodule is contraindicated.
void refuse_all(const PolicyLabel& policy, const Error& reason, rats::Ear& ear);

}  // namespace credence::verifier
