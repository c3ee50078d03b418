#include "rats/corim/write.h"

namespace credence::rats {
namespace {

Result<void> write_reference_triple(cbor::Writer& writer, const ReferenceTriple& triple) {
  if (triple.measurements.empty()) return fail_in(Errc::missing_member, "measurements", "expected at least one");
  CHECK(write_environment(writer.array(2), triple.environment));
  return write_items(writer, triple.measurements, write_measurement);
}

Result<void> write_conditions(cbor::Writer& writer, const KeyTriple& triple) {
  writer.map(count_of(triple.measurement_key.has_value(), !triple.authorized_by.empty()));
  if (triple.measurement_key) CHECK(write_measurement_key(writer.unsigned_integer(0), *triple.measurement_key));
  if (!triple.authorized_by.empty()) {
    CHECK(write_items(writer.unsigned_integer(1), triple.authorized_by, write_crypto_key));
  }
  return {};
}

Result<void> write_key_triple(cbor::Writer& writer, const KeyTriple& triple) {
  if (triple.keys.empty()) return fail_in(Errc::missing_member, "keys", "expected at least one");
  const bool conditional = triple.measurement_key || !triple.authorized_by.empty();
  CHECK(write_environment(writer.array(conditional ? 3 : 2), triple.environment));
  CHECK(write_items(writer, triple.keys, write_crypto_key));
  return conditional ? write_conditions(writer, triple) : Result<void>{};
}

Result<void> write_triples(cbor::Writer& writer, const Comid& comid) {
  const std::size_t members =
      comid.other_triples.size() + count_of(!comid.reference_values.empty(), !comid.endorsed_values.empty(),
                                            !comid.identity_keys.empty(), !comid.attestation_keys.empty());
  if (members == 0) return fail_in(Errc::missing_member, "triples", "expected at least one statement in the CoMID");
  writer.map(members);
  if (!comid.reference_values.empty()) {
    CHECK(write_items(writer.unsigned_integer(0), comid.reference_values, write_reference_triple));
  }
  if (!comid.endorsed_values.empty()) {
    CHECK(write_items(writer.unsigned_integer(1), comid.endorsed_values, write_reference_triple));
  }
  if (!comid.identity_keys.empty()) {
    CHECK(write_items(writer.unsigned_integer(2), comid.identity_keys, write_key_triple));
  }
  if (!comid.attestation_keys.empty()) {
    CHECK(write_items(writer.unsigned_integer(3), comid.attestation_keys, write_key_triple));
  }
  for (const auto& [key, item] : comid.other_triples) writer.integer(key).raw_item(item);
  return {};
}

}  // namespace

Result<void> write_comid(cbor::Writer& writer, const Comid& comid) {
  writer.map(2 + count_of(comid.language.has_value(), !comid.entities.empty()));
  if (comid.language) writer.unsigned_integer(0).text(*comid.language);
  writer.unsigned_integer(1).map(1 + count_of(comid.version != 0));
  write_tag_id(writer.unsigned_integer(0), comid.id);
  if (comid.version != 0) writer.unsigned_integer(1).unsigned_integer(comid.version);
  if (!comid.entities.empty()) CHECK(write_items(writer.unsigned_integer(2), comid.entities, write_entity));
  return write_triples(writer.unsigned_integer(4), comid);
}

}  // namespace credence::rats
