// The triples of revision 10, by their keys in the triples-map (draft-ietf-rats-corim section 5.1.4).
#include "rats/corim/write.h"

namespace credence::rats {
namespace {

Result<void> write_conditions(cbor::Writer& writer, const KeyTriple& triple) {
  writer.map(count_of(triple.measurement_key.has_value(), !triple.authorized_by.empty()));
  if (triple.measurement_key) CHECK(write_measurement_key(writer.unsigned_integer(0), *triple.measurement_key));
  if (!triple.authorized_by.empty()) {
    CHECK(write_items(writer.unsigned_integer(1), triple.authorized_by, write_crypto_key));
  }
  return {};
}

Result<void> write_record(cbor::Writer& writer, const ConditionalSeries::Record& record) {
  if (record.selection.empty() || record.addition.empty()) {
    return fail_in(Errc::missing_member, "series", "expected measurements in the selection and in the addition");
  }
  CHECK(write_items(writer.array(2), record.selection, write_measurement));
  return write_items(writer, record.addition, write_measurement);
}

template <typename T, typename Write>
Result<void> write_member(cbor::Writer& writer, std::uint64_t key, const std::vector<T>& triples, Write write) {
  return triples.empty() ? Result<void>{} : write_items(writer.unsigned_integer(key), triples, write);
}

std::size_t members_of(const Comid& comid) noexcept {
  return comid.other_triples.size() +
         count_of(!comid.reference_values.empty(), !comid.endorsed_values.empty(), !comid.identity_keys.empty(),
                  !comid.attestation_keys.empty(), !comid.dependencies.empty(), !comid.memberships.empty(),
                  !comid.coswids.empty(), !comid.conditional_series.empty(), !comid.conditional_endorsements.empty());
}

}  // namespace

Result<void> write_reference_triple(cbor::Writer& writer, const ReferenceTriple& triple) {
  if (triple.measurements.empty()) return fail_in(Errc::missing_member, "measurements", "expected at least one");
  CHECK(write_environment(writer.array(2), triple.environment));
  return write_items(writer, triple.measurements, write_measurement);
}

Result<void> write_key_triple(cbor::Writer& writer, const KeyTriple& triple) {
  if (triple.keys.empty()) return fail_in(Errc::missing_member, "keys", "expected at least one");
  const bool conditional = triple.measurement_key || !triple.authorized_by.empty();
  CHECK(write_environment(writer.array(conditional ? 3 : 2), triple.environment));
  CHECK(write_items(writer, triple.keys, write_crypto_key));
  return conditional ? write_conditions(writer, triple) : Result<void>{};
}

Result<void> write_domain_triple(cbor::Writer& writer, const DomainTriple& triple) {
  if (triple.others.empty()) return fail_in(Errc::missing_member, "domain", "expected at least one member or trustee");
  CHECK(write_environment(writer.array(2), triple.domain));
  return write_items(writer, triple.others, write_environment);
}

Result<void> write_coswid_triple(cbor::Writer& writer, const CoswidTriple& triple) {
  if (triple.tags.empty()) return fail_in(Errc::missing_member, "coswid", "expected at least one tag-id");
  CHECK(write_environment(writer.array(2), triple.environment));
  writer.array(triple.tags.size());
  for (const TagId& id : triple.tags) write_tag_id(writer, id);
  return {};
}

Result<void> write_conditional_series(cbor::Writer& writer, const ConditionalSeries& triple) {
  if (triple.series.empty()) return fail_in(Errc::missing_member, "series", "expected at least one record");
  writer.array(2).array(triple.authorized_by.empty() ? 2 : 3);
  CHECK(write_environment(writer, triple.environment));
  CHECK(write_items(writer, triple.claims, write_measurement));
  if (!triple.authorized_by.empty()) CHECK(write_items(writer, triple.authorized_by, write_crypto_key));
  return write_items(writer, triple.series, write_record);
}

Result<void> write_conditional_endorsement(cbor::Writer& writer, const ConditionalEndorsement& triple) {
  if (triple.conditions.empty() || triple.endorsements.empty()) {
    return fail_in(Errc::missing_member, "conditional", "expected at least one condition and one endorsement");
  }
  CHECK(write_items(writer.array(2), triple.conditions, write_reference_triple));
  return write_items(writer, triple.endorsements, write_reference_triple);
}

Result<void> write_triples(cbor::Writer& writer, const Comid& comid) {
  const std::size_t members = members_of(comid);
  if (members == 0) return fail_in(Errc::missing_member, "triples", "expected at least one statement in the CoMID");
  writer.map(members);
  CHECK(write_member(writer, 0, comid.reference_values, write_reference_triple));
  CHECK(write_member(writer, 1, comid.endorsed_values, write_reference_triple));
  CHECK(write_member(writer, 2, comid.identity_keys, write_key_triple));
  CHECK(write_member(writer, 3, comid.attestation_keys, write_key_triple));
  CHECK(write_member(writer, 4, comid.dependencies, write_domain_triple));
  CHECK(write_member(writer, 5, comid.memberships, write_domain_triple));
  CHECK(write_member(writer, 6, comid.coswids, write_coswid_triple));
  CHECK(write_member(writer, 8, comid.conditional_series, write_conditional_series));
  CHECK(write_member(writer, 10, comid.conditional_endorsements, write_conditional_endorsement));
  for (const auto& [key, item] : comid.other_triples) writer.integer(key).raw_item(item);
  return {};
}

}  // namespace credence::rats
