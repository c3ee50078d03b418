// A CoRIM, as facts.
#include <format>
#include <string>
#include <variant>

#include "base/text.h"
#include "cli/inspect/describe.h"

namespace credence::cli {
namespace {

template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};

std::string text_of(const rats::TagId& id) {
  return std::visit(
      Overload{[](const std::string& text) { return text; }, [](const rats::Uuid& uuid) { return uuid.text(); }}, id);
}

std::string text_of(const rats::TaggedBytes& value) {
  if (value.tag == rats::kTagUuid && value.value.size() == 16) {
    rats::Uuid uuid;
    std::ranges::copy(value.value, uuid.octets.begin());
    return "uuid " + uuid.text();
  }
  if (value.tag == rats::kTagUeid) return "ueid " + to_hex(value.value);
  if (value.tag == rats::kTagBytes) return "bytes " + to_hex(value.value);
  if (value.tag == rats::kTagOid) return "oid " + to_hex(value.value);
  return std::format("tag {} {}", value.tag, to_hex(value.value));
}

json::Object describe_environment(const rats::Environment& environment) {
  json::Object facts;
  if (environment.class_map) {
    if (environment.class_map->id) facts["class"] = text_of(*environment.class_map->id);
    if (environment.class_map->vendor) facts["vendor"] = *environment.class_map->vendor;
    if (environment.class_map->model) facts["model"] = *environment.class_map->model;
  }
  if (environment.instance) facts["instance"] = text_of(*environment.instance);
  if (environment.group) facts["group"] = text_of(*environment.group);
  return facts;
}

std::string text_of(const rats::MeasurementKey& key) {
  return std::visit(Overload{[](std::uint64_t number) { return std::to_string(number); },
                             [](const std::string& text) { return text; },
                             [](const rats::TaggedBytes& tagged) { return text_of(tagged); }},
                    key);
}

std::string text_of(const rats::CorimDigest& digest) {
  const auto hash = rats::hash_of(digest);
  return std::string(hash ? crypto::name(*hash) : "other") + ":" + to_hex(digest.value);
}

json::Object describe_measurement(const rats::Measurement& measurement) {
  json::Object facts;
  if (measurement.key) facts["key"] = text_of(*measurement.key);
  const auto& values = measurement.values;
  if (values.version) facts["version"] = values.version->version;
  if (values.svn) facts[values.svn->minimum ? "minimum svn" : "svn"] = values.svn->value;
  if (values.name) facts["name"] = *values.name;
  if (values.raw_value) facts["raw value"] = to_hex(values.raw_value->value);
  json::Array digests;
  for (const auto& digest : values.digests) digests.emplace_back(text_of(digest));
  if (!digests.empty()) facts["digests"] = std::move(digests);
  return facts;
}

json::Array describe_references(const std::vector<rats::ReferenceTriple>& triples) {
  json::Array all;
  for (const auto& triple : triples) {
    json::Array measurements;
    for (const auto& measurement : triple.measurements) measurements.emplace_back(describe_measurement(measurement));
    json::Object facts = describe_environment(triple.environment);
    facts["measurements"] = std::move(measurements);
    all.emplace_back(std::move(facts));
  }
  return all;
}

json::Array describe_keys(const std::vector<rats::KeyTriple>& triples) {
  json::Array all;
  for (const auto& triple : triples) {
    json::Object facts = describe_environment(triple.environment);
    json::Array keys;
    for (const auto& key : triple.keys) {
      const auto public_key = rats::public_key_of(key);
      keys.emplace_back(public_key ? std::format("{} {}", crypto::name(public_key->type()), to_hex(public_key->spki()))
                                   : std::format("tag {} ({} octets)", key.tag, key.value.size()));
    }
    facts["keys"] = std::move(keys);
    all.emplace_back(std::move(facts));
  }
  return all;
}

json::Object describe_comid(const rats::Comid& comid) {
  json::Object facts{{"id", text_of(comid.id)}, {"version", comid.version}};
  if (!comid.reference_values.empty()) facts["reference values"] = describe_references(comid.reference_values);
  if (!comid.endorsed_values.empty()) facts["endorsed values"] = describe_references(comid.endorsed_values);
  if (!comid.identity_keys.empty()) facts["identity keys"] = describe_keys(comid.identity_keys);
  if (!comid.attestation_keys.empty()) facts["attestation keys"] = describe_keys(comid.attestation_keys);
  return facts;
}

}  // namespace

json::Object describe_corim(const rats::Corim& corim) {
  json::Object facts{{"id", text_of(corim.id)}};
  if (corim.profile) facts["profile"] = *corim.profile;
  if (corim.legacy) facts["spelling"] = "older than revision 10 of the draft";
  if (corim.validity) {
    if (corim.validity->not_before) facts["not before"] = to_rfc3339(*corim.validity->not_before);
    facts["not after"] = to_rfc3339(corim.validity->not_after);
  }
  json::Array comids;
  for (const auto& comid : corim.comids) comids.emplace_back(describe_comid(comid));
  facts["comids"] = std::move(comids);
  return facts;
}

}  // namespace credence::cli
