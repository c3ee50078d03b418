#include "verifier/policy/version.h"

#include <chrono>

#include "wire/json/json.h"

namespace credence::verifier {
namespace {

Result<PolicyVersion> decode(ByteView octets) {
  TRY(const json::Value value, json::parse(as_text(octets)));
  TRY(const json::Object* const object, json::as_object(value, "policy"));
  TRY(const std::string_view scheme, json::required_text(*object, "scheme"));
  TRY(const std::string_view name, json::required_text(*object, "name"));
  TRY(const std::string_view type, json::required_text(*object, "type"));
  TRY(const std::string_view rules, json::required_text(*object, "rules"));
  TRY(const std::int64_t created, json::required_integer(*object, "created"));
  const auto* const grant = object->if_contains("grant");
  // A grant of a later version of Credence is no reason to raise here.
  const bool may_raise = grant != nullptr && grant->is_string() && grant->get_string() == "raise";
  return PolicyVersion{.id = {},
                       .scheme = std::string(scheme),
                       .name = std::string(name),
                       .type = std::string(type),
                       .rules = std::string(rules),
                       .may_raise = may_raise,
                       .created = Timestamp(std::chrono::milliseconds(created))};
}

}  // namespace

Bytes encode_policy_version(const PolicyVersion& version) {
  json::Object object{{"scheme", version.scheme},
                      {"name", version.name},
                      {"type", version.type},
                      {"rules", version.rules},
                      {"created", version.created.time_since_epoch().count()}};
  if (version.may_raise) object["grant"] = "raise";
  return to_bytes(as_bytes(json::to_text(object)));
}

Result<PolicyVersion> decode_policy_version(const Document& document) {
  auto version = decode(document.octets);
  if (!version) return within("stored policy " + document.id, std::move(version).error());
  version->id = document.id;
  version->active = document.active;
  return version;
}

}  // namespace credence::verifier
