// EAR claims in CBOR (draft-ietf-rats-ear section 3).
#include <algorithm>
#include <format>

#include "rats/ear/cbor_keys.h"
#include "rats/ear/credence_claims.h"
#include "rats/ear/ear.h"
#include "rats/ear/json_in_cbor.h"
#include "rats/ear/names.h"
#include "rats/eat/eat.h"
#include "wire/cbor/reader.h"

namespace credence::rats {
namespace {

constexpr std::string_view kCredencePrefix = "credence.";

// Calls take(key, reader) for each entry with an integer key; what it does not take it must skip. Other keys are
// nobody's here.
template <typename Take>
Result<void> for_each_entry(cbor::Reader& reader, Take take) {
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return {};
    TRY(const cbor::Type type, reader.peek());
    if (type == cbor::Type::text_string) {
      TRY(std::ignore, reader.text());
      TRY(std::ignore, reader.raw_item());
    } else {
      TRY(const std::int64_t key, reader.integer());
      CHECK(take(key, reader));
    }
  }
}

Result<void> skip(cbor::Reader& reader) {
  TRY(std::ignore, reader.raw_item());
  return {};
}

// What is no known status is refused: taken for any known one, a verdict that was never given would be read.
Result<Tier> read_status(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::int64_t number, reader.integer());
  for (const Tier tier : {Tier::none, Tier::affirming, Tier::warning, Tier::contraindicated})
    if (number == static_cast<std::int64_t>(tier)) return tier;
  return fail_at(Errc::invalid_value, start, std::format("expected 0, 2, 32 or 96, got {}", number));
}

Result<TrustVector> read_vector(cbor::Reader& reader) {
  TrustVector vector;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return vector;
    const std::size_t start = reader.offset();
    TRY(const std::int64_t index, reader.integer());
    // AR4SI has these eight claims and no others: one that is skipped could be the one that says contraindicated.
    if (index < 0 || std::cmp_greater_equal(index, kTrustClaims))
      return fail_at(Errc::unsupported, start, std::format("expected a claim of AR4SI, 0 to 7, got {}", index));
    TRY(const std::int64_t claim, reader.integer());
    if (claim < -128 || claim > 127) return fail_at(Errc::invalid_value, start, "expected an integer from -128 to 127");
    vector.claims.at(static_cast<std::size_t>(index)) = static_cast<std::int8_t>(claim);
  }
}

Result<std::vector<std::string>> read_texts(cbor::Reader& reader) {
  std::vector<std::string> texts;
  TRY(cbor::Reader::Array array, reader.array());
  while (true) {
    TRY(const bool more, array.next(reader));
    if (!more) return texts;
    TRY(const std::string_view text, reader.text());
    texts.emplace_back(text);
  }
}

Result<json::Object> read_object(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const cbor::Type type, reader.peek());
  if (type != cbor::Type::map)
    return fail_at(Errc::unexpected_type, start, std::format("expected a map, got {}", cbor::name(type)));
  TRY(json::Value value, json_from_cbor(reader));
  return std::move(value.as_object());
}

// {"akpub" => bytes}
Result<Bytes> read_key_attestation(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  std::optional<Bytes> key;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    TRY(const std::string_view member, reader.text());
    if (member != "akpub") {
      CHECK(skip(reader));
      continue;
    }
    TRY(const ByteView octets, reader.bytes());
    key = to_bytes(octets);
  }
  if (!key) return fail_at(Errc::missing_member, start, "expected akpub, the attested key");
  return *std::move(key);
}

template <typename To, typename From>
Result<void> store(To& to, std::string_view name, Result<From> from) {
  if (!from) return within(name, std::move(from).error());
  to = *std::move(from);
  return {};
}

Result<Submodule> read_submodule(ByteView encoded) {
  cbor::Reader reader(encoded);
  Submodule submodule;
  bool has_status = false;
  CHECK(for_each_entry(reader, [&](std::int64_t key, cbor::Reader& at) -> Result<void> {
    switch (key) {
      case ear_key::kStatus:
        has_status = true;
        return store(submodule.status, kDraftNames.status, read_status(at));
      case ear_key::kTrustVector:
        return store(submodule.vector, kDraftNames.trustworthiness_vector, read_vector(at));
      case ear_key::kPolicyIds:
        return store(submodule.policy_ids, kDraftNames.policy_id, read_texts(at));
      case ear_key::kAnnotatedEvidence:
        return store(submodule.annotated_evidence, kDraftNames.annotated_evidence, read_object(at));
      case ear_key::kPolicyClaims:
        return store(submodule.policy_claims, kDraftNames.policy_claims, read_object(at));
      case ear_key::kKeyAttestation:
        return store(submodule.attested_key, kDraftNames.key_attestation, read_key_attestation(at));
      default:
        return skip(at);
    }
  }));
  CHECK(reader.finish());
  if (!has_status)
    return fail_in(Errc::missing_member, std::string(kDraftNames.status), "expected the status of the appraisal");
  return submodule;
}

Result<void> read_submodules(const EatClaims& claims, Ear& ear) {
  // draft-ietf-rats-ear section 3.2: at least one. A result without any appraisal says nothing about the attester.
  if (claims.submodules.empty()) return fail_in(Errc::missing_member, "submods", "expected at least one appraisal");
  for (const auto& [name, encoded] : claims.submodules) {
    Result<Submodule> submodule = read_submodule(encoded);
    if (!submodule) return within(std::format("submods.{}", name), std::move(submodule).error());
    ear.submodules.emplace(name, *std::move(submodule));
  }
  return {};
}

Result<void> read_verifier_id(cbor::Reader& reader, Ear& ear) {
  const std::size_t start = reader.offset();
  std::optional<std::string_view> developer;
  std::optional<std::string_view> build;
  CHECK(for_each_entry(reader, [&](std::int64_t key, cbor::Reader& at) -> Result<void> {
    if (key == ear_key::kDeveloper) return store(developer, "developer", at.text());
    if (key == ear_key::kBuild) return store(build, "build", at.text());
    return skip(at);
  }));
  if (!developer || !build) return fail_at(Errc::missing_member, start, "expected developer (0) and build (1)");
  ear.verifier_developer = *developer;
  ear.verifier_build = *build;
  return {};
}

Result<void> read_profile(const EatClaims& claims, Ear& ear) {
  // Veraison's profile has no CBOR form; another one gives the same keys another meaning.
  if (!claims.profile || spelling_of(*claims.profile) != EarSpelling::draft)
    return fail_in(claims.profile ? Errc::unsupported : Errc::missing_member, "eat_profile",
                   std::format("expected {}, got {}", kDraftNames.profile, claims.profile.value_or("none")));
  ear.profile = *claims.profile;
  return {};
}

Result<void> read_registered_claims(EatClaims& claims, Ear& ear) {
  if (!claims.issued_at) return fail_in(Errc::missing_member, "iat", "expected the time of the appraisal");
  // A result answers one challenge. Of several nonces any one could be taken for the one that was sent.
  if (claims.nonces.size() > 1) return fail_in(Errc::unsupported, "eat_nonce", "expected one nonce, got several");
  ear.issued_at = *claims.issued_at;
  ear.expires = claims.expires;
  ear.issuer = std::move(claims.issuer);
  ear.audience = std::move(claims.audience);
  if (!claims.nonces.empty()) ear.nonce = std::move(claims.nonces.front());
  ear.ueid = std::move(claims.ueid);
  if (claims.confirmation_key) ear.confirmation_key = to_bytes(claims.confirmation_key->spki());
  return {};
}

// The claims of the EAR's own keys, and those of Credence, which go by their names in JSON.
Result<void> read_other_claims(const EatClaims& claims, Ear& ear) {
  json::Object credence;
  bool has_verifier_id = false;
  for (const auto& [key, encoded] : claims.others) {
    cbor::Reader reader(encoded);
    if (const auto* name = std::get_if<std::string>(&key)) {
      if (name->starts_with(kCredencePrefix)) CHECK(store(credence[*name], *name, json_from_cbor(reader)));
    } else if (std::get<std::int64_t>(key) == ear_key::kVerifierId) {
      has_verifier_id = true;
      if (auto read = read_verifier_id(reader, ear); !read)
        return within(kDraftNames.verifier_id, std::move(read).error());
    } else if (std::get<std::int64_t>(key) == ear_key::kStatus) {
      CHECK(store(ear.overall_status, kDraftNames.status, read_status(reader)));
    } else if (std::get<std::int64_t>(key) == ear_key::kRawEvidence) {
      CHECK(store(ear.raw_evidence, kDraftNames.raw_evidence,
                  reader.bytes().transform([](ByteView octets) { return to_bytes(octets); })));
    }
  }
  if (!has_verifier_id)
    return fail_in(Errc::missing_member, std::string(kDraftNames.verifier_id), "expected who made the result");
  TRY(ear.credence, credence_claims_from_json(credence));
  return {};
}

}  // namespace

Result<Ear> ear_from_cbor(ByteView input) {
  TRY(EatClaims claims, decode_eat_claims(input, {}, UeidForm::any));
  Ear ear;
  CHECK(read_profile(claims, ear));
  CHECK(read_registered_claims(claims, ear));
  CHECK(read_other_claims(claims, ear));
  CHECK(read_submodules(claims, ear));
  return ear;
}

}  // namespace credence::rats
