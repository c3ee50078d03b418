#include "verifier/engine.h"

#include <format>
#include <utility>

#include "base/text.h"
#include "evidence/media_types.h"
#include "verifier/result.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

Error unknown_attester(const Kid& kid) {
  return {.code = Errc::unknown_attester,
          .why = std::format("no endorsement names kid {}: provision the CoRIMs of this device", to_hex(kid.view()))};
}

Error out_of_validity(const TrustAnchor& anchor, Timestamp now) {
  return {.code = Errc::expired,
          .why = std::format("the endorsement of this key {}, now it is {}: provision a current CoRIM of this device",
                             anchor.validity.refusal(now), to_rfc3339(now))};
}

std::string class_text(const rats::TaggedBytes& class_id) {
  rats::Uuid uuid;
  if (class_id.tag != rats::kTagUuid || class_id.value.size() != uuid.octets.size()) return to_hex(class_id.value);
  std::ranges::copy(class_id.value, uuid.octets.begin());
  return uuid.text();
}

}  // namespace

Engine::Engine(std::shared_ptr<const Store> store, std::shared_ptr<const Clock> clock, Policy policy, Identity identity)
    : store_(std::move(store)), clock_(std::move(clock)), policy_(std::move(policy)), identity_(std::move(identity)) {}

Result<rats::Ear> Engine::appraise(const AppraisalRequest& request) const {
  ResultDraft draft = start(request);

  // What it is.
  const Scheme* scheme = find_scheme(request.media_type);
  if (scheme == nullptr) return draft.unknown_media_type(request.media_type);
  rats::Submodule& submodule = draft.begin_submodule(scheme->name());
  const auto decoded = scheme->decode(request.media_type, request.evidence);
  if (!decoded) return draft.refuse(decoded.error());
  Evidence& evidence = **decoded;

  // Whether it was made for this challenge: first, because it is cheap and stops every replay.
  const auto bound = evidence.check_challenge(request.challenge, policy_);
  if (!bound) return draft.refuse(bound.error());

  // Who signed it. A store that fails is no verdict about the attester.
  TRY(const auto anchor, store_->trust_anchor(evidence.kid()));
  if (anchor == nullptr) return draft.refuse(unknown_attester(evidence.kid()));
  // draft-ietf-rats-corim section 4.1.6: else a device that the endorser gave up long ago is trusted for ever.
  const Timestamp now = draft.ear().issued_at;
  if (!anchor->validity.contains(now)) return draft.refuse(out_of_validity(*anchor, now));
  const auto authentic = evidence.check_purpose(*anchor, policy_)
                             .and_then([&] { return evidence.check_signatures(*anchor); })
                             .and_then([&] { return evidence.check_signer(*anchor); });
  if (!authentic) return draft.refuse(authentic.error());
  draft.ear().ueid = to_bytes(anchor->kid.view());
  evidence.describe(*anchor, submodule, draft.ear().credence);

  // Whether what it says is approved.
  TRY(const auto reference_values, store_->reference_values(anchor->class_id));
  const auto approved = evidence.compare(reference_values.get(), policy_, now);
  if (!approved) return apply_policy(policy_, draft.unrecognised(approved.error()));
  draft.ear().credence.class_id = class_text(anchor->class_id);
  return apply_policy(policy_, draft.accept(evidence.attested_key()));
}

ResultDraft Engine::start(const AppraisalRequest& request) const {
  ResultDraft draft(request.challenge, clock_->now());
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
