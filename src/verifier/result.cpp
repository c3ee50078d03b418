#include "verifier/result.h"

#include <format>
#include <utility>
#include <variant>

namespace credence::verifier {
namespace {

constexpr std::string_view kNoScheme = "ERROR";  // Veraison's name for the submodule of an unknown media type

ByteView octets_of(const Challenge& challenge) {
  return std::visit([](const auto& value) { return value.view(); }, challenge);
}

// "problem" is Veraison's member for people, "code" the name of the Errc for programs.
void set_problem(rats::Submodule& submodule, const Error& reason) {
  submodule.policy_claims["problem"] = reason.text();
  submodule.policy_claims["code"] = name(reason.code);
}

}  // namespace

ResultDraft::ResultDraft(const Challenge& challenge, Timestamp now) {
  ear_.issued_at = now;
  ear_.nonce = to_bytes(octets_of(challenge));
}

rats::Ear ResultDraft::unknown_media_type(std::string_view media_type) {
  return fill(kNoScheme, rats::kUnexpectedEvidence,
              {.code = Errc::unsupported, .why = std::format("no scheme takes evidence of type {}", media_type)});
}

rats::Ear ResultDraft::refuse(std::string_view scheme, const Error& reason) {
  return fill(scheme, rats::kCryptoValidationFailed, reason);
}

rats::Ear ResultDraft::fill(std::string_view submodule_name, std::int8_t claim, const Error& reason) {
  rats::Submodule& submodule = ear_.submodules[std::string(submodule_name)];
  submodule.vector.emplace().claims.fill(claim);
  submodule.status = submodule.vector->tier();
  set_problem(submodule, reason);
  return std::move(ear_);
}

rats::Ear ResultDraft::finish(Appraised appraised) {
  ear_.credence = std::move(appraised.credence);
  ear_.ueid = std::move(appraised.ueid);
  for (Appraised::Submodule& from : appraised.submodules) {
    rats::Submodule& submodule = ear_.submodules[from.name];
    submodule.vector = from.vector;
    submodule.status = from.vector.tier();
    submodule.annotated_evidence = std::move(from.claims);
    if (from.problem) set_problem(submodule, *from.problem);
  }
  return std::move(ear_);
}

// A key that is named in a result passes for a good one: not beside a platform that is not.
void name_attested_key(rats::Ear& ear, std::string_view submodule, ByteView key) {
  if (!ear.is_affirming()) return;
  if (const auto found = ear.submodules.find(submodule); found != ear.submodules.end())
    found->second.attested_key = to_bytes(key);
}

}  // namespace credence::verifier
