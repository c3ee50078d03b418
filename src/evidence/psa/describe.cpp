// Claims as Veraison names them: what its policies read.
#include "base/text.h"
#include "evidence/psa/claims.h"

namespace credence::evidence::psa {
namespace {

json::Array describe_components(const std::vector<SoftwareComponent>& components) {
  json::Array all;
  for (const SoftwareComponent& component : components) all.emplace_back(describe(component));
  return all;
}

// Null: the token does not have it.
json::Value value_of(const Claims& claims, Claim claim) {
  const auto text = [](const auto& optional) { return optional ? json::Value(*optional) : json::Value(); };
  const auto octets = [](const auto& optional) { return optional ? json::Value(to_base64(*optional)) : json::Value(); };
  switch (claim) {
    case Claim::profile:
      return text(claims.profile);
    case Claim::nonce:
      return json::Value(to_base64(claims.nonce));
    case Claim::instance_id:
      return json::Value(to_base64(claims.instance_id));
    case Claim::implementation_id:
      return json::Value(to_base64(claims.implementation_id));
    case Claim::lifecycle:
      return claims.lifecycle_value;
    case Claim::components:
      return claims.components.empty() ? json::Value() : json::Value(describe_components(claims.components));
    case Claim::verification_service:
      return text(claims.verification_service);
    case Claim::client_id:
      return text(claims.client_id);
    case Claim::boot_seed:
    case Claim::legacy_boot_seed:
      return octets(claims.boot_seed);
    case Claim::certification_reference:
      return text(claims.certification_reference);
    case Claim::no_measurements:
      return claims.no_measurements ? json::Value(1) : json::Value();
    case Claim::config:
      return octets(claims.config);
    case Claim::hash_algorithm:
      return text(claims.hash_algorithm);
  }
  return {};
}

}  // namespace

json::Object describe(const Claims& claims, const Profile& profile) {
  json::Object described;
  for (const Profile::Key& key : profile.keys) {
    json::Value value = value_of(claims, key.claim);
    if (!value.is_null()) described[key.name] = std::move(value);
  }
  return described;
}

}  // namespace credence::evidence::psa
