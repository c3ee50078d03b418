#include "verifier/policy/evaluate.h"

#include <format>
#include <utility>
#include <variant>

#include "base/text.h"
#include "verifier/policy/apply.h"
#include "verifier/policy/endorsements_json.h"
#include "verifier/policy/values.h"

namespace credence::verifier {
namespace {

// As Veraison's policies see it: of this submodule, with the names of its results.
json::Object result_of(const rats::Submodule& submodule) {
  json::Object vector;
  for (std::size_t i = 0; i < rats::kTrustClaims; ++i)
    vector[claim_in_result(i)] = submodule.vector ? submodule.vector->claims.at(i) : rats::kNoClaim;
  return {{"ear.status", rats::name(submodule.status)},
          {"ear.trustworthiness-vector", std::move(vector)},
          {"ear.veraison.policy-claims", submodule.policy_claims}};
}

// Veraison gives the policy of every submodule the whole evidence. Where a name of ours is one of its too, it means
// there what it means to Veraison.
Result<json::Object> evidence_of(const PolicySubject& subject, const rats::Submodule& submodule) {
  TRY(json::Object claims, subject.claims());
  json::Object evidence = submodule.annotated_evidence;
  for (auto& [name, value] : claims) evidence[name] = std::move(value);
  return evidence;
}

json::Object session_of(const PolicySubject& subject, const rats::Ear& ear) {
  json::Object session;
  const ByteView nonce = std::visit([](const auto& challenge) { return challenge.view(); }, subject.request.challenge);
  session["nonce"] = to_base64url_padded(nonce);
  if (ear.ueid) session["instance"] = to_hex(*ear.ueid);
  if (!subject.request.peer.empty()) session["peer"] = subject.request.peer;
  return session;
}

PolicyInput input_for(const PolicySubject& subject, const rats::Ear& ear, std::string_view name,
                      const rats::Submodule& submodule) {
  return {.scheme = subject.scheme,
          .submodule = name,
          .evidence = [&subject, &submodule] { return evidence_of(subject, submodule); },
          .result = [&submodule] { return result_of(submodule); },
          .endorsements = [&subject] { return endorsements_json(subject.endorsements); },
          .session = [&subject, &ear] { return session_of(subject, ear); },
          .names = [&subject] { return subject.names; }};
}

void warn_of_raising(const PolicyLabel& label, std::string_view submodule, const std::vector<std::string>& raised,
                     rats::Ear& ear) {
  for (const std::string& what : raised)
    ear.credence.warnings.push_back(
        std::format("policy {} ({}) raised {}: {}; the grant to do so was given when it "
                    "was stored",
                    label.name, label.id, submodule, what));
}

// The policy's own failure.
Result<void> run_on(const LoadedPolicy& policy, const PolicyLabel& label, const PolicySubject& subject,
                    const std::string& name, rats::Ear& ear) {
  rats::Submodule& submodule = ear.submodules.at(name);
  if (!policy.program) return std::unexpected(policy.program.error());
  TRY(PolicyOutput output, (*policy.program)->run(input_for(subject, ear, name, submodule)));
  trace_output(label, output, name, subject.endorsements.trace());
  TRY(const auto raised, apply_output(label, std::move(output), submodule));
  warn_of_raising(label, name, raised, ear);
  return {};
}

}  // namespace

Result<void> evaluate(const LoadedPolicy& policy, const PolicySubject& subject, rats::Ear& ear) {
  const PolicyLabel label{.id = policy.version.id, .name = policy.version.name, .may_raise = policy.version.may_raise};
  Result<void> ran;
  for (auto& [name, submodule] : ear.submodules) {
    submodule.policy_ids = {std::format("policy:{}/{}", subject.scheme, label.id)};
    if (!ran) continue;
    ran = run_on(policy, label, subject, name, ear);
    if (subject.endorsements.failure()) return std::unexpected(*subject.endorsements.failure());
    if (!ran) trace_failure(label, ran.error(), name, subject.endorsements.trace());
  }
  if (!ran) refuse_all(label, ran.error(), ear);
  return {};
}

}  // namespace credence::verifier
