#include "rats/corim/to_json.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.h"
#include "rats/oid.h"

namespace credence::rats {
namespace {

constexpr std::array<std::string_view, 10> kFlags = {
    "is-configured",          "is-secure",       "is-recovery",  "is-debug", "is-replay-protected",
    "is-integrity-protected", "is-runtime-meas", "is-immutable", "is-tcb",   "is-confidentiality-protected",
};

json::Value typed(std::string_view type, json::Value value) {
  return json::Object{{"type", type}, {"value", std::move(value)}};
}

json::Value to_json(const TaggedBytes& tagged) {
  Uuid uuid;
  if (tagged.tag == kTagUuid && tagged.value.size() == uuid.octets.size()) {
    std::ranges::copy(tagged.value, uuid.octets.begin());
    return typed("uuid", json::Value(uuid.text()));
  }
  if (tagged.tag == kTagOid)
    if (const auto text = oid_to_text(tagged.value)) return typed("oid", json::Value(*text));
  if (tagged.tag == kTagUeid) return typed("ueid", json::Value(to_base64(tagged.value)));
  if (tagged.tag == kTagBytes) return typed("bytes", json::Value(to_base64(tagged.value)));
  return typed("tag " + std::to_string(tagged.tag), json::Value(to_base64(tagged.value)));
}

// A PEM or base64 text stands as it is.
json::Value to_json(const CryptoKey& key) {
  switch (key.tag) {
    case kTagPkixBase64Key:
      return typed("pkix-base64-key", json::Value(as_text(key.value)));
    case kTagPkixBase64Cert:
      return typed("pkix-base64-cert", json::Value(as_text(key.value)));
    case kTagPkixBase64CertPath:
      return typed("pkix-base64-cert-path", json::Value(as_text(key.value)));
    default:
      return to_json(TaggedBytes{.tag = key.tag, .value = key.value});
  }
}

json::Value to_json(const std::vector<CryptoKey>& keys) {
  json::Array array;
  for (const CryptoKey& key : keys) array.push_back(to_json(key));
  return array;
}

json::Value to_json(const std::vector<CorimDigest>& digests) {
  json::Array array;
  for (const CorimDigest& digest : digests) {
    json::Value algorithm = std::visit([](const auto& name) { return json::Value(name); }, digest.algorithm);
    array.push_back(json::Array{std::move(algorithm), json::Value(to_base64url(digest.value))});
  }
  return array;
}

json::Object to_json(const Class& class_map) {
  json::Object object;
  if (class_map.id) object["id"] = to_json(*class_map.id);
  if (class_map.vendor) object["vendor"] = *class_map.vendor;
  if (class_map.model) object["model"] = *class_map.model;
  if (class_map.layer) object["layer"] = *class_map.layer;
  if (class_map.index) object["index"] = *class_map.index;
  return object;
}

json::Object to_json(const Environment& environment) {
  json::Object object;
  if (environment.class_map) object["class"] = to_json(*environment.class_map);
  if (environment.instance) object["instance"] = to_json(*environment.instance);
  if (environment.group) object["group"] = to_json(*environment.group);
  return object;
}

json::Value to_json(const MeasurementKey& key) {
  if (const auto* number = std::get_if<std::uint64_t>(&key)) return typed("uint", *number);
  if (const auto* text = std::get_if<std::string>(&key)) return typed("string", json::Value(*text));
  return to_json(std::get<TaggedBytes>(key));
}

json::Object to_json(const Version& version) {
  json::Object object{{"value", version.version}};
  if (version.scheme)
    object["scheme"] = std::visit([](const auto& scheme) { return json::Value(scheme); }, *version.scheme);
  return object;
}

json::Object registers_to_json(const MeasurementValues& values) {
  json::Object object;
  for (const auto& known : values.integrity_registers) {
    const auto* number = std::get_if<std::uint64_t>(&known.id);
    object[number != nullptr ? std::to_string(*number) : std::get<std::string>(known.id)] =
        json::Object{{"key-type", number != nullptr ? "uint" : "text"}, {"value", to_json(known.digests)}};
  }
  return object;
}

json::Object to_json(const MeasurementValues& values) {
  json::Object object;
  if (values.version) object["version"] = to_json(*values.version);
  if (values.svn) object["svn"] = typed(values.svn->minimum ? "min-value" : "exact-value", values.svn->value);
  if (!values.digests.empty()) object["digests"] = to_json(values.digests);
  json::Object flags;
  for (std::size_t i = 0; i < kFlags.size(); ++i)
    if (values.flags.at(i)) flags[kFlags.at(i)] = *values.flags.at(i);
  if (!flags.empty()) object["flags"] = std::move(flags);
  if (values.raw_value) {
    object["raw-value"] = typed("bytes", json::Value(to_base64(values.raw_value->value)));
    if (values.raw_value->mask) object["raw-value-mask"] = to_base64(*values.raw_value->mask);
  }
  if (values.name) object["name"] = *values.name;
  if (!values.keys.empty()) object["cryptokeys"] = to_json(values.keys);
  if (!values.integrity_registers.empty()) object["integrity-registers"] = registers_to_json(values);
  return object;
}

json::Object to_json(const Measurement& measurement) {
  json::Object object;
  if (measurement.key) object["key"] = to_json(*measurement.key);
  object["value"] = to_json(measurement.values);
  if (!measurement.authorized_by.empty()) object["authorized-by"] = to_json(measurement.authorized_by);
  return object;
}

}  // namespace

json::Object to_json(const ReferenceTriple& triple) {
  json::Array measurements;
  for (const Measurement& measurement : triple.measurements) measurements.emplace_back(to_json(measurement));
  return {{"environment", to_json(triple.environment)}, {"measurements", std::move(measurements)}};
}

}  // namespace credence::rats
