#include "rats/corim/describe.h"

#include <algorithm>
#include <array>
#include <format>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.h"

namespace credence::rats {
namespace {

template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};

// flags-map (draft-ietf-rats-corim section 5.1.4.5.3).
constexpr std::array<std::string_view, 10> kFlagNames = {
    "is-configured",          "is-secure",       "is-recovery",  "is-debug", "is-replay-protected",
    "is-integrity-protected", "is-runtime-meas", "is-immutable", "is-tcb",   "is-confidentiality-protected"};

json::Array digests_of(const std::vector<CorimDigest>& digests) {
  json::Array texts;
  for (const CorimDigest& digest : digests) texts.emplace_back(text_of(digest));
  return texts;
}

json::Array keys_of(const std::vector<CryptoKey>& keys) {
  json::Array texts;
  for (const CryptoKey& key : keys) texts.emplace_back(text_of(key));
  return texts;
}

json::Object flags_of(const MeasurementValues& values) {
  json::Object flags;
  for (std::size_t i = 0; i < kFlagNames.size(); ++i)
    if (values.flags[i]) flags[kFlagNames[i]] = *values.flags[i];
  return flags;
}

json::Object registers_of(const MeasurementValues& values) {
  json::Object registers;
  for (const auto& [id, digests] : values.integrity_registers) {
    const auto* number = std::get_if<std::uint64_t>(&id);
    registers[number != nullptr ? std::to_string(*number) : std::get<std::string>(id)] = digests_of(digests);
  }
  return registers;
}

json::Value range_of(const std::variant<std::int64_t, IntRange>& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto& range = std::get<IntRange>(value);
  json::Object ends;
  if (range.minimum) ends["minimum"] = *range.minimum;
  if (range.maximum) ends["maximum"] = *range.maximum;
  return ends;
}

void describe_identifiers(const MeasurementValues& values, json::Object& facts) {
  if (values.mac_address) facts["mac address"] = to_hex(*values.mac_address);
  if (values.ip_address) facts["ip address"] = to_hex(*values.ip_address);
  if (values.serial_number) facts["serial number"] = *values.serial_number;
  if (values.ueid) facts["ueid"] = to_hex(*values.ueid);
  if (values.uuid) facts["uuid"] = values.uuid->text();
  if (values.name) facts["name"] = *values.name;
}

void describe_values(const MeasurementValues& values, json::Object& facts) {
  if (values.version) facts["version"] = values.version->version;
  if (values.svn) facts[values.svn->minimum ? "minimum svn" : "svn"] = values.svn->value;
  if (!values.digests.empty()) facts["digests"] = digests_of(values.digests);
  if (json::Object flags = flags_of(values); !flags.empty()) facts["flags"] = std::move(flags);
  if (values.raw_value) facts["raw value"] = to_hex(values.raw_value->value);
  if (values.raw_value && values.raw_value->mask) facts["mask"] = to_hex(*values.raw_value->mask);
  describe_identifiers(values, facts);
  if (!values.keys.empty()) facts["keys"] = keys_of(values.keys);
  if (!values.integrity_registers.empty()) facts["integrity registers"] = registers_of(values);
  if (values.int_range) facts["range"] = range_of(*values.int_range);
  if (!values.others.empty()) facts["other values"] = values.others.size();
}

}  // namespace

std::string text_of(const TagId& id) {
  return std::visit(
      Overload{[](const std::string& text) { return text; }, [](const Uuid& uuid) { return uuid.text(); }}, id);
}

std::string text_of(const TaggedBytes& value) {
  if (value.tag == kTagUuid && value.value.size() == 16) {
    Uuid uuid;
    std::ranges::copy(value.value, uuid.octets.begin());
    return "uuid " + uuid.text();
  }
  if (value.tag == kTagUeid) return "ueid " + to_hex(value.value);
  if (value.tag == kTagBytes) return "bytes " + to_hex(value.value);
  if (value.tag == kTagOid) return "oid " + to_hex(value.value);
  return std::format("tag {} {}", value.tag, to_hex(value.value));
}

std::string text_of(const MeasurementKey& key) {
  return std::visit(
      Overload{[](std::uint64_t number) { return std::to_string(number); },
               [](const std::string& text) { return text; }, [](const TaggedBytes& tagged) { return text_of(tagged); }},
      key);
}

std::string text_of(const CorimDigest& digest) {
  const auto hash = hash_of(digest);
  return std::string(hash ? crypto::name(*hash) : "other") + ":" + to_hex(digest.value);
}

std::string text_of(const CryptoKey& key) {
  const auto public_key = public_key_of(key);
  return public_key ? std::format("{} {}", crypto::name(public_key->type()), to_hex(public_key->spki()))
                    : std::format("tag {} ({} octets)", key.tag, key.value.size());
}

json::Object describe(const Environment& environment) {
  json::Object facts;
  if (environment.class_map) {
    const Class& named = *environment.class_map;
    if (named.id) facts["class"] = text_of(*named.id);
    if (named.vendor) facts["vendor"] = *named.vendor;
    if (named.model) facts["model"] = *named.model;
    if (named.layer) facts["layer"] = *named.layer;
    if (named.index) facts["index"] = *named.index;
  }
  if (environment.instance) facts["instance"] = text_of(*environment.instance);
  if (environment.group) facts["group"] = text_of(*environment.group);
  return facts;
}

json::Object describe(const Measurement& measurement) {
  json::Object facts;
  if (measurement.key) facts["key"] = text_of(*measurement.key);
  describe_values(measurement.values, facts);
  if (!measurement.authorized_by.empty()) facts["authorized by"] = keys_of(measurement.authorized_by);
  return facts;
}

json::Object describe(const ReferenceTriple& triple) {
  json::Object facts = describe(triple.environment);
  facts["measurements"] = describe_all(triple.measurements);
  return facts;
}

json::Object describe(const KeyTriple& triple) {
  json::Object facts = describe(triple.environment);
  facts["keys"] = keys_of(triple.keys);
  return facts;
}

json::Object describe(const ConditionalEndorsement& triple) {
  json::Object facts;
  facts["conditions"] = describe_all(triple.conditions);
  facts["endorsements"] = describe_all(triple.endorsements);
  return facts;
}

json::Object describe(const ConditionalSeries& triple) {
  json::Object facts = describe(triple.environment);
  if (!triple.claims.empty()) facts["measurements"] = describe_all(triple.claims);
  json::Array series;
  for (const auto& [selection, addition] : triple.series) {
    json::Object record;
    record["selection"] = describe_all(selection);
    record["addition"] = describe_all(addition);
    series.push_back(std::move(record));
  }
  facts["series"] = std::move(series);
  return facts;
}

json::Object describe(const DomainTriple& triple) {
  json::Object facts;
  facts["domain"] = describe(triple.domain);
  facts["others"] = describe_all(triple.others);
  return facts;
}

json::Object describe(const CoswidTriple& triple) {
  json::Object facts = describe(triple.environment);
  json::Array tags;
  for (const TagId& tag : triple.tags) tags.emplace_back(text_of(tag));
  facts["tags"] = std::move(tags);
  return facts;
}

}  // namespace credence::rats
