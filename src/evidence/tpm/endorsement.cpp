#include "evidence/tpm/endorsement.h"

#include <format>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "evidence/tpm/structures.h"

namespace credence::evidence::tpm {
namespace {

rats::Class class_map(const Endorsement& endorsement) {
  return {.id = rats::TaggedBytes{.tag = rats::kTagUuid, .value = to_bytes(endorsement.class_id.octets)},
          .vendor = {},
          .model = {},
          .layer = {},
          .index = {}};
}

rats::Environment environment_of(const Endorsement& endorsement, const KeyFacts& key) {
  return {.class_map = class_map(endorsement),
          .instance = rats::TaggedBytes{.tag = rats::kTagBytes, .value = to_bytes(key.kid.view())},
          .group = {}};
}

// The same statements always give the same ids and so the same octets: a store then tells a duplicate.
Result<std::string> id_of(const Endorsement& endorsement, std::string_view kind) {
  Bytes facts = to_bytes(endorsement.class_id.octets);
  for (const KeyFacts& key : endorsement.keys) append(facts, encode_key_record(key));
  for (const auto& [bank, values] : endorsement.pcrs)
    for (const auto& [pcr, value] : values) {
      facts.insert(facts.end(), {static_cast<std::uint8_t>(bank >> 8), static_cast<std::uint8_t>(bank), pcr});
      append(facts, value);
    }
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, facts));
  return std::format("credence-{}-{}", kind, to_hex(digest.view().first(16)));
}

rats::Comid comid(std::string id) {
  rats::Comid made;
  made.id = std::move(id);
  made.entities = {{.name = "Credence endorser", .regid = {}, .roles = {0, 1, 2}}};  // tag-creator, creator, maintainer
  return made;
}

Result<rats::ReferenceTriple> reference_triple(const Endorsement& endorsement) {
  std::map<std::uint8_t, rats::Measurement> by_pcr;
  for (const auto& [bank, values] : endorsement.pcrs) {
    const auto hash = hash_from_alg(bank);
    if (!hash)
      return fail(Errc::unsupported_algorithm,
                  std::format("bank {:#06x}: reference values are for SHA-256, SHA-384 and SHA-512", bank));
    for (const auto& [pcr, value] : values) {
      rats::Measurement& measurement = by_pcr[pcr];
      measurement.key = std::uint64_t{pcr};
      measurement.values.digests.push_back({.algorithm = rats::named_information_id(*hash), .value = value});
    }
  }
  rats::ReferenceTriple triple{.environment = {.class_map = class_map(endorsement), .instance = {}, .group = {}},
                               .measurements = {}};
  for (auto& [pcr, measurement] : by_pcr) triple.measurements.push_back(std::move(measurement));
  return triple;
}

Result<rats::KeyTriple> key_triple(const Endorsement& endorsement, const KeyFacts& key) {
  TRY(const Public area, decode_public(key.public_area));
  TRY(const crypto::PublicKey public_key, area.key());
  return rats::KeyTriple{.environment = environment_of(endorsement, key),
                         .keys = {{.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(public_key.pem()))}}};
}

rats::ReferenceTriple record_triple(const Endorsement& endorsement, const KeyFacts& key) {
  rats::Measurement measurement;
  measurement.key = std::string(kKeyRecordMkey);
  measurement.values.raw_value = rats::RawValue{.value = encode_key_record(key), .mask = {}};
  return {.environment = environment_of(endorsement, key), .measurements = {std::move(measurement)}};
}

}  // namespace

Result<rats::Corim> veraison_corim(const Endorsement& endorsement) {
  TRY(const std::string id, id_of(endorsement, "endorsement"));
  rats::Corim corim;
  corim.id = id;
  corim.profile = kParsecTpmProfile;
  if (!endorsement.pcrs.empty()) {
    rats::Comid values = comid(id + "-reference-values");
    TRY(rats::ReferenceTriple triple, reference_triple(endorsement));
    values.reference_values.push_back(std::move(triple));
    corim.comids.push_back(std::move(values));
  }
  rats::Comid keys = comid(id + "-keys");
  for (const KeyFacts& key : endorsement.keys) {
    if (key.purpose != Purpose::channel) continue;
    TRY(rats::KeyTriple triple, key_triple(endorsement, key));
    keys.attestation_keys.push_back(std::move(triple));
  }
  if (!keys.attestation_keys.empty()) corim.comids.push_back(std::move(keys));
  if (corim.comids.empty()) return fail(Errc::missing_member, "neither PCR values nor a channel key to endorse");
  return corim;
}

Result<rats::Corim> keys_corim(const Endorsement& endorsement) {
  if (endorsement.keys.empty()) return fail(Errc::missing_member, "no attestation key to endorse");
  TRY(const std::string id, id_of(endorsement, "keys"));
  rats::Corim corim;
  corim.id = id;
  corim.profile = kTpmKeyProfile;
  rats::Comid keys = comid(id + "-records");
  for (const KeyFacts& key : endorsement.keys) keys.endorsed_values.push_back(record_triple(endorsement, key));
  corim.comids.push_back(std::move(keys));
  return corim;
}

}  // namespace credence::evidence::tpm
