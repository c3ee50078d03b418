#include "rats/ear/to_json.h"

#include <stdexcept>

#include "base/text.h"
#include "rats/ear/credence_claims.h"
#include "rats/ear/names.h"
#include "rats/eat/nonce.h"
#include "rats/numeric_date.h"
#include "sign/jose/jwk.h"

namespace credence::rats {
namespace {

json::Object vector_to_json(const TrustVector& vector) {
  json::Object object;
  for (std::size_t i = 0; i < kTrustClaims; ++i) object[kTrustClaimNames[i]] = vector.claims[i];
  return object;
}

void add_policy_ids(json::Object& object, const Submodule& submodule, EarSpelling spelling) {
  if (submodule.policy_ids.empty()) return;
  const std::string_view member = names_of(spelling).policy_id;
  if (spelling == EarSpelling::veraison) {
    object[member] = submodule.policy_ids.front();
  } else {
    object[member] = json::Array(submodule.policy_ids.begin(), submodule.policy_ids.end());
  }
}

json::Object submodule_to_json(const Submodule& submodule, EarSpelling spelling) {
  const EarNames& names = names_of(spelling);
  json::Object object;
  object[names.status] = name(submodule.status);
  if (submodule.vector) object[names.trustworthiness_vector] = vector_to_json(*submodule.vector);
  add_policy_ids(object, submodule, spelling);
  if (!submodule.annotated_evidence.empty()) object[names.annotated_evidence] = submodule.annotated_evidence;
  if (!submodule.policy_claims.empty()) object[names.policy_claims] = submodule.policy_claims;
  if (submodule.attested_key) {
    object[names.key_attestation] = json::Object{{"akpub", to_base64url(*submodule.attested_key)}};
  }
  return object;
}

template <typename T>
void add(json::Object& object, std::string_view member, const std::optional<T>& value) {
  if (value) object[member] = *value;
}

Result<json::Object> confirmation_to_json(ByteView spki) {
  CHECK(crypto::PublicKey::check_spki(spki));  // and no key made: that would cost as much as a signature
  TRY(json::Object jwk, jose::jwk_from_spki(spki));
  return json::Object{{"jwk", std::move(jwk)}};
}

Result<void> add_registered_claims(json::Object& object, const Ear& ear) {
  object["iat"] = to_numeric_date(ear.issued_at);
  if (ear.expires) object["exp"] = to_numeric_date(*ear.expires);
  add(object, "iss", ear.issuer);
  add(object, "aud", ear.audience);
  if (ear.nonce) object["eat_nonce"] = eat_nonce_to_json(*ear.nonce);
  if (ear.ueid) object["ueid"] = to_base64url(*ear.ueid);
  if (!ear.confirmation_key) return {};
  Result<json::Object> confirmation = confirmation_to_json(*ear.confirmation_key);
  if (!confirmation) return within("cnf", std::move(confirmation).error());
  object["cnf"] = *std::move(confirmation);
  return {};
}

}  // namespace

Result<json::Object> write_ear(const Ear& ear, EarSpelling spelling) {
  const EarNames& names = names_of(spelling);
  json::Object object;
  object["eat_profile"] = spelling_of(ear.profile) == spelling ? std::string_view(ear.profile) : names.profile;
  CHECK(add_registered_claims(object, ear));
  object[names.verifier_id] = json::Object{{"developer", ear.verifier_developer}, {"build", ear.verifier_build}};
  if (ear.overall_status) object[names.status] = name(*ear.overall_status);
  if (ear.raw_evidence) object[names.raw_evidence] = to_base64url(*ear.raw_evidence);
  json::Object submodules;
  for (const auto& [name, submodule] : ear.submodules) submodules[name] = submodule_to_json(submodule, spelling);
  object["submods"] = std::move(submodules);
  add_credence_claims(object, ear.credence);
  return object;
}

json::Object ear_to_json(const Ear& ear, EarSpelling spelling) {
  Result<json::Object> object = write_ear(ear, spelling);
  if (!object) throw std::logic_error("ear_to_json: " + object.error().text());
  return *std::move(object);
}

}  // namespace credence::rats
