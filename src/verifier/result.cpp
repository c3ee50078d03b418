#include "verifier/result.h"

#include <format>
#include <utility>
#include <variant>

namespace credence::verifier {
namespace {

using rats::TrustClaim;

constexpr std::string_view kNoScheme = "ERROR";  // Veraison's name for the submodule of an unknown media type

ByteView octets_of(const Challenge& challenge) {
  return std::visit([](const auto& value) { return value.view(); }, challenge);
}

}  // namespace

ResultDraft::ResultDraft(const Challenge& challenge, Timestamp now) {
  ear_.issued_at = now;
  ear_.nonce = to_bytes(octets_of(challenge));
}

rats::Submodule& ResultDraft::begin_submodule(std::string_view scheme) {
  submodule_ = &ear_.submodules[std::string(scheme)];
  return *submodule_;
}

rats::Ear ResultDraft::unknown_media_type(std::string_view media_type) {
  rats::Submodule& submodule = begin_submodule(kNoScheme);
  submodule.vector.emplace().claims.fill(rats::kUnexpectedEvidence);
  submodule.status = submodule.vector->tier();
  set_problem({.code = Errc::unsupported, .why = std::format("no scheme takes evidence of type {}", media_type)});
  return std::move(ear_);
}

rats::Ear ResultDraft::refuse(const Error& reason) {
  submodule_->vector.emplace().claims.fill(rats::kCryptoValidationFailed);
  submodule_->status = submodule_->vector->tier();
  set_problem(reason);
  return std::move(ear_);
}

rats::Ear ResultDraft::unrecognised(const Error& reason) {
  rats::TrustVector& vector = submodule_->vector.emplace();
  vector[TrustClaim::hardware] = rats::kTrustworthy;
  vector[TrustClaim::executables] = rats::kUnrecognisedRuntime;
  submodule_->status = vector.tier();
  set_problem(reason);
  return std::move(ear_);
}

rats::Ear ResultDraft::accept(ByteView attested_key) {
  rats::TrustVector& vector = submodule_->vector.emplace();
  vector[TrustClaim::instance_identity] = rats::kTrustworthy;
  vector[TrustClaim::executables] = rats::kTrustworthy;
  vector[TrustClaim::hardware] = rats::kTrustworthy;
  submodule_->status = vector.tier();
  submodule_->attested_key = to_bytes(attested_key);
  return std::move(ear_);
}

// "problem" is Veraison's member for people, "code" the name of the Errc for programs.
void ResultDraft::set_problem(const Error& reason) {
  submodule_->policy_claims["problem"] = reason.text();
  submodule_->policy_claims["code"] = name(reason.code);
}

}  // namespace credence::verifier
