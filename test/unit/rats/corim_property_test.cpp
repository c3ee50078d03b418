#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rats/corim/corim.h"

namespace credence::rats {
namespace {

bool maybe() { return *rc::gen::arbitrary<bool>(); }
std::size_t below(std::size_t limit) { return *rc::gen::inRange<std::size_t>(0, limit); }
std::string any_name() { return *rc::gen::element<std::string>("", "n", "psa.software-component", "größer"); }

TaggedBytes any_identifier() {
  switch (below(4)) {
    case 0:
      return {kTagUuid, *rc::gen::container<Bytes>(16, rc::gen::arbitrary<std::uint8_t>())};
    case 1:
      return {kTagUeid, *rc::gen::container<Bytes>(7 + below(27), rc::gen::arbitrary<std::uint8_t>())};
    case 2:
      return {kTagOid, {0x2a, 0x03}};
    default:
      return {kTagBytes, *rc::gen::arbitrary<Bytes>()};
  }
}

CryptoKey any_key() {
  switch (below(3)) {
    case 0:
      return {kTagPkixBase64Key, {'P', 'E', 'M'}};
    case 1:
      return {kTagThumbprint, {0x82, 0x01, 0x41, 0x00}};
    default:
      return {kTagBytes, {*rc::gen::arbitrary<std::uint8_t>()}};
  }
}

Environment any_environment() {
  Environment environment;
  environment.instance = any_identifier();
  if (maybe()) environment.group = any_identifier();
  if (maybe()) {
    Class& class_map = environment.class_map.emplace();
    class_map.vendor = any_name();
    if (maybe()) class_map.id = any_identifier();
    if (maybe()) class_map.layer = *rc::gen::arbitrary<std::uint64_t>();
  }
  return environment;
}

IntRange any_range() {
  IntRange range;
  if (maybe()) range.minimum = *rc::gen::arbitrary<std::int64_t>();
  if (maybe()) range.maximum = *rc::gen::arbitrary<std::int64_t>();
  if (range.minimum && range.maximum && *range.minimum > *range.maximum) std::swap(range.minimum, range.maximum);
  return range;
}

Measurement any_measurement() {
  Measurement measurement;
  if (maybe()) measurement.key = *rc::gen::arbitrary<std::uint64_t>();
  MeasurementValues& values = measurement.values;
  values.name = any_name();
  if (maybe()) values.svn = Svn{*rc::gen::arbitrary<std::uint64_t>(), maybe()};
  if (maybe()) values.version = Version{any_name(), *rc::gen::arbitrary<std::int64_t>()};
  if (maybe()) values.digests.push_back({std::int64_t{7}, Bytes(48, 3)});
  if (maybe()) values.flags[below(10)] = maybe();
  if (maybe()) values.raw_value = RawValue{{1, 2}, maybe() ? std::optional<Bytes>({3, 4}) : std::nullopt};
  if (maybe()) values.keys.push_back(any_key());
  if (maybe()) values.mac_address = Bytes(maybe() ? 6 : 8, 1);
  if (maybe()) values.ip_address = Bytes(maybe() ? 4 : 16, 2);
  if (maybe()) values.serial_number = any_name();
  if (maybe()) values.ueid = Bytes(7 + below(27), 3);
  if (maybe()) values.uuid = Uuid{};
  if (maybe()) values.int_range = *rc::gen::arbitrary<std::int64_t>();
  if (maybe()) values.int_range = any_range();
  if (maybe()) values.others.emplace_back(*rc::gen::inRange<std::int64_t>(-90, -1), Bytes{0x82, 0x01, 0x02});
  if (maybe()) measurement.authorized_by.push_back(any_key());
  return measurement;
}

ReferenceTriple any_values() { return {any_environment(), {any_measurement()}}; }

void add_conditions_and_links(Comid& comid) {
  if (maybe()) comid.linked_tags.push_back({.id = any_name(), .relation = maybe() ? 1 : 0});
  if (maybe()) comid.dependencies.push_back({any_environment(), {any_environment()}});
  if (maybe()) comid.memberships.push_back({any_environment(), {any_environment(), any_environment()}});
  if (maybe()) comid.coswids.push_back({any_environment(), {any_name(), Uuid{}}});
  if (maybe()) comid.conditional_endorsements.push_back({{any_values(), any_values()}, {any_values()}});
  if (maybe()) {
    ConditionalSeries& series = comid.conditional_series.emplace_back();
    series.environment = any_environment();
    if (maybe()) series.claims.push_back(any_measurement());
    if (maybe()) series.authorized_by.push_back(any_key());
    series.series.push_back({.selection = {any_measurement()}, .addition = {any_measurement()}});
  }
}

Comid any_comid() {
  Comid comid;
  comid.id = any_name();
  comid.version = *rc::gen::arbitrary<std::uint64_t>();
  comid.reference_values.push_back({any_environment(), {any_measurement()}});
  if (maybe()) comid.reference_values.push_back({any_environment(), {any_measurement(), any_measurement()}});
  if (maybe()) comid.endorsed_values.push_back({any_environment(), {any_measurement()}});
  if (maybe()) comid.attestation_keys.push_back({.environment = any_environment(), .keys = {any_key()}});
  if (maybe()) comid.identity_keys.push_back({.environment = any_environment(), .keys = {any_key(), any_key()}});
  if (maybe()) comid.entities.push_back({.name = any_name(), .regid = "a:b", .roles = {0, 1}});
  add_conditions_and_links(comid);
  return comid;
}

Corim any_corim() {
  Corim corim;
  corim.id = any_name();
  for (std::size_t count = 1 + below(3); count > 0; --count) corim.comids.push_back(any_comid());
  if (maybe()) corim.other_tags.emplace_back(505, Bytes{0xa0});
  if (maybe())
    corim.dependent_rims.push_back({.references = {"a:b"}, .thumbprints = {{std::int64_t{7}, Bytes(48, 3)}}});
  if (maybe()) corim.dependent_rims.push_back({.references = {"a:b", "c:d"}});
  if (maybe()) corim.profile = *rc::gen::element<std::string>("tag:x,2026:y", "oid:1.2.3");
  if (maybe()) corim.validity = Validity{std::nullopt, Timestamp(Seconds(*rc::gen::arbitrary<std::uint32_t>()))};
  return corim;
}

RC_GTEST_PROP(CorimProperty, IsReadBack, ()) {
  const Corim corim = any_corim();
  const Bytes octets = encode_corim(corim).value();
  const Corim read = decode_corim(octets).value();
  RC_ASSERT(!read.legacy);
  RC_ASSERT(encode_corim(read).value() == octets);
  RC_ASSERT(read.comids.size() == corim.comids.size());
  for (std::size_t i = 0; i < corim.comids.size(); ++i) {
    RC_ASSERT(read.comids[i].reference_values.size() == corim.comids[i].reference_values.size());
    RC_ASSERT(read.comids[i].reference_values[0].environment == corim.comids[i].reference_values[0].environment);
    RC_ASSERT(read.comids[i].attestation_keys.size() == corim.comids[i].attestation_keys.size());
    RC_ASSERT(read.comids[i].identity_keys.size() == corim.comids[i].identity_keys.size());
  }
}

RC_GTEST_PROP(CorimProperty, PrefixesAreRefused, ()) {
  const Bytes octets = encode_corim(any_corim()).value();
  RC_ASSERT(!decode_corim(ByteView(octets).first(below(octets.size()))));
}

RC_GTEST_PROP(CorimProperty, ChangedOctetsAreRefusedOrWrittenAgain, ()) {
  Bytes octets = encode_corim(any_corim()).value();
  octets[below(octets.size())] = *rc::gen::arbitrary<std::uint8_t>();
  const auto read = decode_corim(octets);
  if (!read) RC_ASSERT(!read.error().why.empty());
  if (read && !read->legacy) {
    const auto written = encode_corim(*read);
    // Not with ||: RC_ASSERT evaluates both sides.
    if (written) RC_ASSERT(decode_corim(*written).has_value());
  }
}

}  // namespace
}  // namespace credence::rats
