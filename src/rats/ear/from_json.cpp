#include <format>

#include "base/text.h"
#include "rats/ear/credence_claims.h"
#include "rats/ear/names.h"
#include "rats/ear/submodule.h"
#include "rats/eat/nonce.h"
#include "rats/numeric_date.h"
#include "sign/jose/jwk.h"

namespace credence::rats {
namespace {

Result<Timestamp> time_from_json(std::int64_t seconds, std::string_view member) {
  Result<Timestamp> time = from_numeric_date(seconds);
  if (!time) return within(member, std::move(time).error());
  return time;
}

Result<std::optional<Timestamp>> optional_time(const json::Object& claims, std::string_view member) {
  TRY(const auto seconds, json::optional_integer(claims, member));
  if (!seconds) return std::nullopt;
  return time_from_json(*seconds, member);
}

Result<std::optional<std::string>> optional_string(const json::Object& claims, std::string_view member) {
  TRY(const auto text, json::optional_text(claims, member));
  if (!text) return std::nullopt;
  return std::string(*text);
}

// RFC 7519 section 4.1.3: one name or an array of them. More than one audience is not what a result for one relying
// party says.
Result<std::optional<std::string>> audience_from_json(const json::Object& claims) {
  const json::Value* value = claims.if_contains("aud");
  if (value == nullptr || value->is_string()) return optional_string(claims, "aud");
  TRY(const std::vector<std::string> audiences, texts_from_json(*value, "aud"));
  if (audiences.size() != 1) {
    return fail_in(Errc::unsupported, "aud", std::format("expected one audience, got {}", audiences.size()));
  }
  return audiences.front();
}

Result<std::optional<Bytes>> nonce_from_json(const json::Object& claims) {
  TRY(const auto text, json::optional_text(claims, "eat_nonce"));
  if (!text) return std::nullopt;
  return eat_nonce_from_json(*text);
}

// The kid of the attestation key, any that an endorsement names: not held to the sizes of RFC 9711.
Result<std::optional<Bytes>> ueid_from_json(const json::Object& claims) {
  TRY(const auto text, json::optional_text(claims, "ueid"));
  if (!text) return std::nullopt;
  Result<Bytes> ueid = from_base64url(*text);
  if (!ueid) return within("ueid", std::move(ueid).error());
  if (ueid->empty() || ueid->size() > 64) {
    return fail_in(Errc::invalid_value, "ueid", std::format("expected 1 to 64 octets, got {}", ueid->size()));
  }
  return *std::move(ueid);
}

// RFC 7800 section 3.2. Another way to confirm (kid, jku, an encrypted key) is refused and not skipped: the result is
// bound to a key, and without the binding anyone may present it.
Result<std::optional<Bytes>> confirmation_from_json(const json::Object& claims) {
  TRY(const json::Object* confirmation, json::optional_object(claims, "cnf"));
  if (confirmation == nullptr) return std::nullopt;
  if (confirmation->size() != 1 || !confirmation->contains("jwk")) {
    return fail_in(Errc::unsupported, "cnf", "expected exactly the member jwk");
  }
  Result<const json::Object*> jwk = json::required_object(*confirmation, "jwk");
  if (!jwk) return within("cnf", std::move(jwk).error());
  Result<crypto::PublicKey> key = jose::key_from_jwk(**jwk);
  if (!key) return within("cnf.jwk", std::move(key).error());
  return to_bytes(key->spki());
}

Result<void> read_registered_claims(const json::Object& claims, Ear& ear) {
  TRY(const std::int64_t issued_at, json::required_integer(claims, "iat"));
  TRY(ear.issued_at, time_from_json(issued_at, "iat"));
  TRY(ear.expires, optional_time(claims, "exp"));
  TRY(ear.issuer, optional_string(claims, "iss"));
  TRY(ear.audience, audience_from_json(claims));
  TRY(ear.nonce, nonce_from_json(claims));
  TRY(ear.ueid, ueid_from_json(claims));
  TRY(ear.confirmation_key, confirmation_from_json(claims));
  return {};
}

Result<void> read_verifier_id(const json::Object& claims, std::string_view member, Ear& ear) {
  TRY(const json::Object* verifier, json::required_object(claims, member));
  Result<std::string_view> developer = json::required_text(*verifier, "developer");
  if (!developer) return within(member, std::move(developer).error());
  Result<std::string_view> build = json::required_text(*verifier, "build");
  if (!build) return within(member, std::move(build).error());
  ear.verifier_developer = *developer;
  ear.verifier_build = *build;
  return {};
}

Result<void> read_submodules(const json::Object& claims, const EarNames& names, Ear& ear) {
  TRY(const json::Object* submodules, json::required_object(claims, "submods"));
  // draft-ietf-rats-ear section 3.2: at least one. A result without any appraisal says nothing about the attester.
  if (submodules->empty()) return fail_in(Errc::missing_member, "submods", "expected at least one appraisal");
  for (const auto& [key, value] : *submodules) {
    Result<Submodule> submodule = submodule_from_json(value, names);
    if (!submodule) return within(std::format("submods.{}", std::string_view(key)), std::move(submodule).error());
    ear.submodules.emplace(key, *std::move(submodule));
  }
  return {};
}

// draft-ietf-rats-ear-04: the verdict over all submodules. Not to be passed over when it is worse than they are.
Result<void> read_overall_status(const json::Object& claims, const EarNames& names, Ear& ear) {
  if (!claims.contains(names.status)) return {};
  TRY(ear.overall_status, status_from_json(claims, names.status));
  return {};
}

Result<void> read_raw_evidence(const json::Object& claims, std::string_view member, Ear& ear) {
  TRY(const auto text, json::optional_text(claims, member));
  if (!text) return {};
  Result<Bytes> octets = from_any_base64(*text);
  if (!octets) return within(member, std::move(octets).error());
  ear.raw_evidence = *std::move(octets);
  return {};
}

}  // namespace

std::optional<EarSpelling> spelling_of(std::string_view profile) noexcept {
  if (profile == kVeraisonNames.profile) return EarSpelling::veraison;
  if (profile == "tag:github.com,2024:confidential-containers/Trustee") return EarSpelling::veraison;
  if (profile == kDraftNames.profile || profile == "tag:ietf.org,2026:rats/ear#04") return EarSpelling::draft;
  return std::nullopt;
}

Result<Ear> ear_from_json(const json::Value& claims) {
  TRY(const json::Object* object, json::as_object(claims, ""));
  Ear ear;
  TRY(const std::string_view profile, json::required_text(*object, "eat_profile"));
  // The profile says which names mean what. Read by the names of another profile, the result would lack its statuses.
  const std::optional<EarSpelling> spelling = spelling_of(profile);
  if (!spelling) {
    return fail_in(Errc::unsupported, "eat_profile",
                   std::format("expected {} or {}, got {}", kVeraisonNames.profile, kDraftNames.profile, profile));
  }
  const EarNames& names = names_of(*spelling);
  ear.profile = profile;
  CHECK(read_registered_claims(*object, ear));
  CHECK(read_verifier_id(*object, names.verifier_id, ear));
  CHECK(read_overall_status(*object, names, ear));
  CHECK(read_raw_evidence(*object, names.raw_evidence, ear));
  CHECK(read_submodules(*object, names, ear));
  TRY(ear.credence, credence_claims_from_json(*object));
  return ear;
}

}  // namespace credence::rats
