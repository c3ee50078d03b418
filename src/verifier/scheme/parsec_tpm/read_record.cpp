// tag:credence.example,2026:tpm-key: what Veraison's triple has no room for (protocol.md 2.10).
#include <format>
#include <string>
#include <utility>

#include "evidence/tpm/check.h"
#include "verifier/scheme/parsec_tpm/triples.h"

namespace credence::verifier {
namespace {

namespace tpm = evidence::tpm;

Result<const Bytes*> raw_record(const rats::ReferenceTriple& triple) {
  if (triple.measurements.size() != 1)
    return fail(Errc::invalid_value,
                std::format("expected exactly one measurement, got {}", triple.measurements.size()));
  const rats::Measurement& measurement = triple.measurements.front();
  const auto* mkey = measurement.key ? std::get_if<std::string>(&*measurement.key) : nullptr;
  if (mkey == nullptr || *mkey != tpm::kKeyRecordMkey)
    return fail(Errc::invalid_value, std::format("mkey: expected \"{}\"", tpm::kKeyRecordMkey));
  const auto& raw_value = measurement.values.raw_value;
  if (!raw_value) return fail(Errc::missing_member, "raw-value is missing");
  if (raw_value->mask) return fail(Errc::invalid_value, "raw-value: a mask is not allowed");
  return &raw_value->value;
}

// The endorser states what was proven by credential activation, or by being there; what can be computed is computed
// again: a Name that is not the hash of the public area, or a key that signs anything, is refused before it is stored.
Result<AttestationKeyRecord> check_record(tpm::KeyFacts facts) {
  TRY(tpm::Public area, tpm::decode_public(facts.public_area));
  CHECK(tpm::check_attestation_key(area));
  CHECK(tpm::check_name(area, facts.name));
  return AttestationKeyRecord{.public_area = std::move(area),
                              .name = std::move(facts.name),
                              .qualified_name = std::move(facts.qualified_name),
                              .purpose = facts.purpose,
                              .ek_digest = std::move(facts.ek_digest),
                              .maker = std::move(facts.maker)};
}

}  // namespace

Result<RecordStatement> read_record(const rats::ReferenceTriple& triple) {
  TRY(rats::TaggedBytes class_id, class_of(triple.environment));
  TRY(Kid kid, instance_of(triple.environment));
  TRY(const Bytes* raw_value, raw_record(triple));
  auto record = tpm::decode_key_record(*raw_value).and_then(check_record);
  if (!record) return within(tpm::kKeyRecordMkey, std::move(record).error());
  return RecordStatement{.kid = std::move(kid), .class_id = std::move(class_id), .record = *std::move(record)};
}

}  // namespace credence::verifier
