#include "verifier/engine.h"

#include <optional>
#include <string>
#include <utility>

#include "base/weak.h"
#include "evidence/media_types.h"
#include "verifier/claims/endorse.h"
#include "verifier/endorsements.h"
#include "verifier/policy/apply.h"
#include "verifier/policy/evaluate.h"
#include "verifier/policy/policies.h"
#include "verifier/result.h"
#include "verifier/scheme/scheme.h"
#include "verifier/trace.h"

namespace credence::verifier {
namespace {

// Asks who vouches for the evidence only where a list could name somebody: mostly there is none.
Result<void> check_deny_list(const DenyList& list, const Evidence& evidence, Timestamp now) {
  if (list.empty() || weak::removed(weak::Check::revoked)) return {};
  return list.check(evidence.identity(), now);
}

// What the evidence states, where any endorsement asks for it.
Result<void> state(Endorsements& endorsements, const Evidence& evidence, AcceptedClaims& claims) {
  if (!endorsements.has_conditional()) return {};
  for (AcceptedClaim& claim : evidence.stated()) CHECK(claims.add(std::move(claim)));
  return {};
}

void add_endorsed(const AcceptedClaims& claims, Appraised& appraised) {
  const json::Array endorsed = claims.endorsed();
  if (endorsed.empty()) return;
  for (Appraised::Submodule& submodule : appraised.submodules) submodule.claims["endorsed"] = endorsed;
}

const json::Object kNoNames;

// One for everything that a verdict rests on.
Result<Timestamp> time_of_verdict(const Clock& clock) {
  return weak::removed(weak::Check::clock_set_back) ? clock.now() : clock.checked_now();
}

// The steps that every scheme takes, around what the scheme notes itself.
void note(Trace& trace, const Scheme& scheme, std::string_view subject, const Result<void>& outcome) {
  if (!trace.wanted()) return;
  trace.add({.submodule = std::string(scheme.name()),
             .subject = std::string(subject),
             .expected = {},
             .actual = outcome ? "good" : outcome.error().text(),
             .agrees = outcome.has_value()});
}

}  // namespace

// A policy that is tried instead of the one in force, and where the result goes before it.
struct Engine::Trial {
  const LoadedPolicy* policy = nullptr;
  std::optional<rats::Ear>* before = nullptr;
};

Engine::Engine(std::shared_ptr<const Knowledge> store, std::shared_ptr<const Clock> clock, Policy policy,
               Identity identity, std::shared_ptr<const Policies> policies)
    : store_(std::move(store)),
      clock_(std::move(clock)),
      policy_(std::move(policy)),
      identity_(std::move(identity)),
      policies_(std::move(policies)) {}

Result<rats::Ear> Engine::appraise(const AppraisalRequest& request) const {
  Trace trace = request.trace ? Trace::recording() : Trace();
  auto result = appraise(request, {}, trace);
  if (result) result->credence.trace = trace.take();
  return result;
}

Result<PolicyTrial> Engine::try_policy(const AppraisalRequest& request, const LoadedPolicy& policy) const {
  Trace trace = Trace::recording();
  std::optional<rats::Ear> before;
  TRY(rats::Ear after, appraise(request, {.policy = &policy, .before = &before}, trace));
  PolicyTrial trial{.before = before ? *std::move(before) : after, .after = std::move(after), .steps = {}};
  for (const Trace::Step& step : trace.steps())
    if (step.subject == kPolicySubject) trial.steps.push_back(step);
  return trial;
}

Result<rats::Ear> Engine::appraise(const AppraisalRequest& request, const Trial& trial, Trace& trace) const {
  TRY(const Timestamp now, time_of_verdict(*clock_));
  ResultDraft draft = start(request, now);

  // What it is.
  const Scheme* scheme = find_scheme(request.media_type);
  if (scheme == nullptr) return draft.unknown_media_type(request.media_type);
  const auto decoded = scheme->decode(request.media_type, request.evidence);
  if (!decoded) {
    note(trace, *scheme, "form of the evidence", std::unexpected(decoded.error()));
    return draft.refuse(scheme->name(), decoded.error());
  }
  Evidence& evidence = **decoded;
  const auto operators = policy_for(*scheme, trial);

  // Whether it was made for this challenge: first, because it is cheap and stops every replay.
  const auto bound = evidence.check_challenge(request.challenge, policy_);
  note(trace, *scheme, "bound to this challenge, consistent in itself", bound);
  if (!bound) return draft.refuse(scheme->name(), bound.error());

  // Who signed it. A store that fails is no verdict about the attester.
  Endorsements endorsements(*store_, *scheme, draft.ear().issued_at, trace);
  if (operators != nullptr) endorsements.remember_look_ups();
  const auto authentic = evidence.authenticate(endorsements, policy_);
  if (endorsements.failure()) return std::unexpected(*endorsements.failure());
  note(trace, *scheme, "signed by an endorsed key for this purpose", authentic);
  if (!authentic) return draft.refuse(scheme->name(), authentic.error());
  TRY(const auto deny_list, store_->deny_list());
  const auto trusted = check_deny_list(*deny_list, evidence, draft.ear().issued_at);
  note(trace, *scheme, "not revoked", trusted);
  if (!trusted) return draft.refuse(scheme->name(), trusted.error());

  // Whether what it says is approved.
  Appraised appraised = evidence.appraise(endorsements, policy_);
  if (endorsements.failure()) return std::unexpected(*endorsements.failure());

  // What endorsers say of such an attester: for policies, it changes no claim of the trust vector.
  AcceptedClaims claims;
  if (auto stated = state(endorsements, evidence, claims); !stated) return draft.refuse(scheme->name(), stated.error());
  // What is endorsed under conditions is looked up by the claims: without one there is none.
  if (!claims.all().empty()) CHECK(apply_conditional_endorsements(endorsements, claims, evidence.identity()));
  if (endorsements.failure()) return std::unexpected(*endorsements.failure());
  add_endorsed(claims, appraised);
  const std::string first = appraised.submodules.front().name;
  rats::Ear ear = draft.finish(std::move(appraised));
  if (trial.before != nullptr) *trial.before = ear;

  // Whether its operator is content with it.
  if (operators != nullptr) {
    const json::Object& names = policies_ == nullptr ? kNoNames : policies_->names();
    CHECK(evaluate(*operators,
                   {.scheme = scheme->name(),
                    .request = request,
                    .claims = [&evidence] { return evidence.claims(); },
                    .endorsements = endorsements,
                    .names = names},
                   ear));
  }
  if (const auto key = evidence.attested_key()) name_attested_key(ear, first, *key);
  return ear;
}

std::shared_ptr<const LoadedPolicy> Engine::policy_for(const Scheme& scheme, const Trial& trial) const {
  if (trial.policy != nullptr) return {std::shared_ptr<const LoadedPolicy>(), trial.policy};  // its caller keeps it
  return policies_ == nullptr ? nullptr : policies_->active(scheme.name());
}

ResultDraft Engine::start(const AppraisalRequest& request, Timestamp now) const {
  ResultDraft draft(request.challenge, now);
  draft.ear().verifier_developer = identity_.developer;
  draft.ear().verifier_build = identity_.build;
  if (!identity_.issuer.empty()) draft.ear().issuer = identity_.issuer;
  return draft;
}

std::vector<std::string> Engine::media_types() const {
  std::vector<std::string> types;
  for (const Scheme* scheme : schemes())
    for (const std::string_view type : scheme->media_types())
      if (type != evidence::kSoftwareTest || policy_.allow_insecure_test_root) types.emplace_back(type);
  return types;
}

}  // namespace credence::verifier
