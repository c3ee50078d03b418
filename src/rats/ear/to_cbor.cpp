// EAR claims in CBOR (draft-ietf-rats-ear section 3).
#include <format>

#include "rats/ear/cbor_keys.h"
#include "rats/ear/credence_claims.h"
#include "rats/ear/ear.h"
#include "rats/ear/json_in_cbor.h"
#include "rats/ear/names.h"
#include "rats/numeric_date.h"
#include "sign/cose/key.h"
#include "wire/cbor/writer.h"

namespace credence::rats {
namespace {

Bytes encoded(std::int64_t number) { return cbor::Writer().integer(number).take(); }
Bytes encoded(std::string_view text) { return cbor::Writer().text(text).take(); }
Bytes encoded(ByteView octets) { return cbor::Writer().bytes(octets).take(); }

// A map that is counted as it grows.
class Map {
 public:
  template <typename Key>
  void add(Key key, Bytes value) {
    entries_.emplace_back(encoded(key), std::move(value));
  }
  [[nodiscard]] Bytes take() const {
    cbor::Writer writer;
    writer.map(entries_.size());
    for (const auto& [key, value] : entries_) writer.raw_item(key).raw_item(value);
    return writer.take();
  }

 private:
  std::vector<std::pair<Bytes, Bytes>> entries_;
};

Bytes encode_vector(const TrustVector& vector) {
  cbor::Writer writer;
  writer.map(kTrustClaims);
  for (std::size_t i = 0; i < kTrustClaims; ++i) writer.unsigned_integer(i).integer(vector.claims[i]);
  return writer.take();
}

Bytes encode_texts(const std::vector<std::string>& texts) {
  cbor::Writer writer;
  writer.array(texts.size());
  for (const std::string& text : texts) writer.text(text);
  return writer.take();
}

Result<void> add_json(Map& map, std::int64_t key, std::string_view name, const json::Object& object) {
  if (object.empty()) return {};
  Result<Bytes> value = json_to_cbor(object);
  if (!value) return within(name, std::move(value).error());
  map.add(key, *std::move(value));
  return {};
}

Result<Bytes> encode_submodule(const Submodule& submodule) {
  Map map;
  map.add(ear_key::kStatus, encoded(static_cast<std::int64_t>(submodule.status)));
  if (submodule.vector) map.add(ear_key::kTrustVector, encode_vector(*submodule.vector));
  if (!submodule.policy_ids.empty()) map.add(ear_key::kPolicyIds, encode_texts(submodule.policy_ids));
  CHECK(add_json(map, ear_key::kAnnotatedEvidence, kDraftNames.annotated_evidence, submodule.annotated_evidence));
  CHECK(add_json(map, ear_key::kPolicyClaims, kDraftNames.policy_claims, submodule.policy_claims));
  if (submodule.attested_key)
    map.add(ear_key::kKeyAttestation, cbor::Writer().map(1).text("akpub").bytes(*submodule.attested_key).take());
  return map.take();
}

Result<Bytes> encode_submodules(const Ear& ear) {
  Map map;
  for (const auto& [name, submodule] : ear.submodules) {
    Result<Bytes> value = encode_submodule(submodule);
    if (!value) return within(std::format("submods.{}", name), std::move(value).error());
    map.add(std::string_view(name), *std::move(value));
  }
  return map.take();
}

Result<Bytes> encode_confirmation(ByteView spki) {
  TRY(const crypto::PublicKey key, crypto::PublicKey::from_spki(spki));
  TRY(const Bytes encoded_key, cose::encode_key(key));
  return cbor::Writer().map(1).integer(ear_key::kCoseKey).raw_item(encoded_key).take();
}

Result<void> add_registered_claims(Map& map, const Ear& ear) {
  map.add(ear_key::kIssuedAt, encoded(to_numeric_date(ear.issued_at)));
  if (ear.expires) map.add(ear_key::kExpires, encoded(to_numeric_date(*ear.expires)));
  if (ear.issuer) map.add(ear_key::kIssuer, encoded(std::string_view(*ear.issuer)));
  if (ear.audience) map.add(ear_key::kAudience, encoded(std::string_view(*ear.audience)));
  if (ear.nonce) map.add(ear_key::kNonce, encoded(ByteView(*ear.nonce)));
  if (ear.ueid) map.add(ear_key::kUeid, encoded(ByteView(*ear.ueid)));
  if (!ear.confirmation_key) return {};
  Result<Bytes> confirmation = encode_confirmation(*ear.confirmation_key);
  if (!confirmation) return within("cnf", std::move(confirmation).error());
  map.add(ear_key::kConfirmation, *std::move(confirmation));
  return {};
}

Result<void> add_credence(Map& map, const CredenceClaims& claims) {
  json::Object object;
  add_credence_claims(object, claims);
  for (const auto& [name, value] : object) {
    TRY(Bytes item, json_to_cbor(value));
    map.add(std::string_view(name), std::move(item));
  }
  return {};
}

}  // namespace

Result<Bytes> ear_to_cbor(const Ear& ear) {
  Map map;
  const bool has_profile = spelling_of(ear.profile) == EarSpelling::draft;
  map.add(ear_key::kProfile, encoded(has_profile ? std::string_view(ear.profile) : kDraftNames.profile));
  CHECK(add_registered_claims(map, ear));
  map.add(ear_key::kVerifierId, cbor::Writer()
                                    .map(2)
                                    .integer(ear_key::kDeveloper)
                                    .text(ear.verifier_developer)
                                    .integer(ear_key::kBuild)
                                    .text(ear.verifier_build)
                                    .take());
  if (ear.overall_status) map.add(ear_key::kStatus, encoded(static_cast<std::int64_t>(*ear.overall_status)));
  if (ear.raw_evidence) map.add(ear_key::kRawEvidence, encoded(ByteView(*ear.raw_evidence)));
  TRY(Bytes submodules, encode_submodules(ear));
  map.add(ear_key::kSubmodules, std::move(submodules));
  CHECK(add_credence(map, ear.credence));
  return map.take();
}

}  // namespace credence::rats
