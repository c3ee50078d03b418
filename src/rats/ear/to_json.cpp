#include "rats/ear/to_json.h"

#include <stdexcept>

#include "base/text.h"
#include "rats/ear/credence_claims.h"
#include "rats/ear/names.h"
#include "rats/ear/submodule.h"
#include "rats/eat/nonce.h"
#include "rats/numeric_date.h"
#include "sign/jose/jwk.h"

namespace credence::rats {
namespace {

// Room for the members that results mostly have; more make an object grow.
constexpr std::size_t kUsualClaims = 18;
constexpr std::size_t kUsualSubmoduleMembers = 6;

void write_vector(const TrustVector& vector, json::Object& object) {
  object.reserve(kTrustClaims);
  for (std::size_t i = 0; i < kTrustClaims; ++i) object[kTrustClaimNames[i]] = vector.claims[i];
}

void add_policy_ids(json::Object& object, const Submodule& submodule, EarSpelling spelling) {
  if (submodule.policy_ids.empty()) return;
  const std::string_view member = names_of(spelling).policy_id;
  if (spelling == EarSpelling::veraison) {
    object[member] = submodule.policy_ids.front();
  } else {
    write_texts(submodule.policy_ids, object[member].emplace_array());
  }
}

void write_submodule(const Submodule& submodule, EarSpelling spelling, json::Object& object) {
  const EarNames& names = names_of(spelling);
  object.reserve(kUsualSubmoduleMembers);
  object[names.status] = name(submodule.status);
  if (submodule.vector) write_vector(*submodule.vector, object[names.trustworthiness_vector].emplace_object());
  add_policy_ids(object, submodule, spelling);
  if (!submodule.annotated_evidence.empty()) object[names.annotated_evidence] = submodule.annotated_evidence;
  if (!submodule.policy_claims.empty()) object[names.policy_claims] = submodule.policy_claims;
  if (submodule.attested_key) {
    object[names.key_attestation].emplace_object()["akpub"] = to_base64url(*submodule.attested_key);
  }
}

template <typename T>
void add(json::Object& object, std::string_view member, const std::optional<T>& value) {
  if (value) object[member] = *value;
}

Result<void> add_registered_claims(json::Object& object, const Ear& ear) {
  object["iat"] = to_numeric_date(ear.issued_at);
  if (ear.expires) object["exp"] = to_numeric_date(*ear.expires);
  add(object, "iss", ear.issuer);
  add(object, "aud", ear.audience);
  if (ear.nonce) object["eat_nonce"] = eat_nonce_to_json(*ear.nonce);
  if (ear.ueid) object["ueid"] = to_base64url(*ear.ueid);
  if (!ear.confirmation_key) return {};
  json::Object& jwk = object["cnf"].emplace_object()["jwk"].emplace_object();
  const Result<void> written = jose::write_jwk(*ear.confirmation_key, jwk);
  return written ? written : within("cnf", written.error());
}

}  // namespace

Result<void> write_ear(const Ear& ear, EarSpelling spelling, json::Object& object) {
  const EarNames& names = names_of(spelling);
  object.reserve(kUsualClaims);
  object["eat_profile"] = spelling_of(ear.profile) == spelling ? std::string_view(ear.profile) : names.profile;
  CHECK(add_registered_claims(object, ear));
  json::Object& verifier = object[names.verifier_id].emplace_object();
  verifier.reserve(2);
  verifier["developer"] = ear.verifier_developer;
  verifier["build"] = ear.verifier_build;
  if (ear.overall_status) object[names.status] = name(*ear.overall_status);
  if (ear.raw_evidence) object[names.raw_evidence] = to_base64url(*ear.raw_evidence);
  json::Object& submodules = object["submods"].emplace_object();
  submodules.reserve(ear.submodules.size());
  for (const auto& [name, submodule] : ear.submodules) {
    write_submodule(submodule, spelling, submodules[name].emplace_object());
  }
  add_credence_claims(object, ear.credence);
  return {};
}

json::Object ear_to_json(const Ear& ear, EarSpelling spelling) {
  json::Object object;
  const Result<void> written = write_ear(ear, spelling, object);
  if (!written) throw std::logic_error("ear_to_json: " + written.error().text());
  return object;
}

}  // namespace credence::rats
