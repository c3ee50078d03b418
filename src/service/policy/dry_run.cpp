#include "service/policy/dry_run.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rats/corim/uuid.h"
#include "service/verifier/challenge.h"
#include "service/verifier/evidence_body.h"
#include "verifier/scheme/scheme.h"

namespace credence::service {
namespace {

constexpr json::Limits kLimits{.bytes = 2 << 20, .depth = 8};

Result<Bytes> base64_of(const json::Object& object, std::string_view member) {
  TRY(const std::string_view text, json::required_text(object, member));
  auto octets = from_any_base64(text);
  if (!octets) return fail_in(Errc::malformed, std::string(member), "expected base64");
  return octets;
}

Result<bool> grant_of(const json::Object& object) {
  TRY(const auto grant, json::optional_text(object, "grant"));
  if (grant && *grant != "raise") return fail_in(Errc::invalid_value, "grant", "expected raise, or no such member");
  return grant.has_value();
}

Result<verifier::LoadedPolicy> policy_from(const verifier::Policies& policies, std::string_view scheme,
                                           const json::Object& object) {
  TRY(const auto stored, json::optional_text(object, "policy"));
  if (stored) {
    TRY(const rats::Uuid id, rats::Uuid::from_text(*stored));
    TRY(verifier::PolicyVersion version, policies.get(scheme, id.text()));
    return policies.load(std::move(version));
  }
  TRY(const std::string_view type, json::required_text(object, "type"));
  TRY(const std::string_view rules, json::required_text(object, "rules"));
  TRY(const bool may_raise, grant_of(object));
  return policies.try_out({.scheme = std::string(scheme),
                           .name = "dry run",
                           .type = std::string(type),
                           .rules = std::string(rules),
                           .may_raise = may_raise});
}

struct Subject {
  EvidenceBody evidence;
  Nonce nonce;
  bool own_nonce = false;
  std::string peer;
};

Result<void> check_scheme(const EvidenceBody& evidence, std::string_view scheme, std::string_view path) {
  const verifier::Scheme* const meant = verifier::find_scheme(evidence.media_type);
  if (meant != nullptr && meant->name() == scheme) return {};
  return fail_in(Errc::invalid_value, std::string(path), "expected evidence of the scheme that the policy is for");
}

// What was appraised a moment ago.
Result<Subject> subject_of(Sessions& sessions, std::string_view scheme, std::string_view id) {
  auto session = sessions.find(id);
  if (!session) return within("session", std::move(session).error());
  if (session->evidence == nullptr)
    return fail_in(Errc::not_found, "session",
                   "it has no evidence: none was sent yet, or another verifier made the result; give the evidence");
  Subject subject{.evidence = {.media_type = session->evidence_type, .octets = *session->evidence},
                  .nonce = std::move(session->nonce),
                  .own_nonce = session->own_nonce,
                  .peer = session->request.peer};
  CHECK(check_scheme(subject.evidence, scheme, "session"));
  return subject;
}

Result<Subject> subject_from(const verifier::Engine& engine, Sessions& sessions, std::string_view scheme,
                             const json::Object& object) {
  TRY(const auto session, json::optional_text(object, "session"));
  if (session && (object.contains("evidence") || object.contains("nonce") || object.contains("peer")))
    return fail_in(Errc::invalid_value, "session", "a session has evidence, nonce and peer of its own: give it alone");
  if (session) return subject_of(sessions, scheme, *session);
  TRY(const json::Object* const given, json::required_object(object, "evidence"));
  TRY(const std::string_view type, json::required_text(*given, "type"));
  TRY(Bytes octets, base64_of(*given, "value"));
  TRY(EvidenceBody evidence, evidence_from_body(type, std::move(octets), engine.media_types()));
  CHECK(check_scheme(evidence, scheme, "evidence.type"));
  TRY(Bytes nonce, base64_of(object, "nonce"));
  TRY(const auto peer, json::optional_text(object, "peer"));
  return Subject{.evidence = std::move(evidence),
                 .nonce = Nonce(std::move(nonce)),
                 .own_nonce = false,
                 .peer = std::string(peer.value_or(""))};
}

json::Object result_to_json(const rats::Ear& ear) {
  return {{"affirming", ear.is_affirming()}, {"submods", rats::ear_to_json(ear).at("submods")}};
}

json::Object to_json(const verifier::Trace::Step& step) {
  return {{"submodule", step.submodule},
          {"claim", step.claim},
          {"expected", step.expected},
          {"actual", step.actual},
          {"source", step.source}};
}

}  // namespace

json::Object trial_to_json(const verifier::PolicyTrial& trial) {
  json::Array steps;
  for (const verifier::Trace::Step& step : trial.steps) steps.emplace_back(to_json(step));
  const auto& warnings = trial.after.credence.warnings;
  return {{"before", result_to_json(trial.before)},
          {"after", result_to_json(trial.after)},
          {"steps", std::move(steps)},
          {"warnings", json::Array(warnings.begin(), warnings.end())}};
}

namespace {

Result<verifier::PolicyTrial> run(const verifier::Engine& engine, const verifier::LoadedPolicy& policy,
                                  const Subject& subject) {
  TRY(const auto challenges,
      challenges_for(subject.evidence.media_type, subject.nonce, subject.own_nonce, engine.policy().compatibility));
  std::optional<verifier::PolicyTrial> first;
  for (const verifier::Challenge& challenge : challenges) {
    TRY(verifier::PolicyTrial trial, engine.try_policy({.media_type = subject.evidence.media_type,
                                                        .evidence = subject.evidence.octets,
                                                        .challenge = challenge,
                                                        .peer = subject.peer},
                                                       policy));
    // As an appraisal does: the first, unless another one affirms.
    const bool affirms = trial.before.is_affirming();
    if (!first || affirms) first = std::move(trial);
    if (affirms) break;
  }
  return *std::move(first);
}

}  // namespace

Result<json::Object> dry_run_policy(const verifier::Engine& engine, const verifier::Policies& policies,
                                    Sessions& sessions, std::string_view scheme, std::string_view request) {
  TRY(const json::Value value, json::parse(request, kLimits));
  TRY(const json::Object* const object, json::as_object(value, "dry run"));
  TRY(const Subject subject, subject_from(engine, sessions, scheme, *object));
  TRY(const verifier::LoadedPolicy policy, policy_from(policies, scheme, *object));
  const auto trial = run(engine, policy, subject);
  const verifier::PolicyLanguage* const language = policies.language(policy.version.type);
  if (!object->contains("policy") && language != nullptr) language->forget(policy.version.id);
  if (!trial) return std::unexpected(trial.error());
  return trial_to_json(*trial);
}

}  // namespace credence::service
