#include "verifier/scheme/arm_platform/stated.h"

#include <cstdint>
#include <string>

#include "verifier/scheme/arm_platform/digest.h"

namespace credence::verifier::arm {

rats::Environment environment_of(const Bytes& implementation) {
  rats::Environment environment;
  environment.class_map.emplace().id = rats::TaggedBytes{.tag = rats::kTagBytes, .value = implementation};
  return environment;
}

AcceptedClaim stated_platform(const evidence::psa::Claims& claims, const Vocabulary& vocabulary, ByteView key) {
  AcceptedClaim claim;
  claim.environment = environment_of(claims.implementation_id);
  claim.environment.instance = rats::TaggedBytes{.tag = rats::kTagUeid, .value = claims.instance_id};
  claim.authority = authority_of(key);
  for (const evidence::psa::SoftwareComponent& component : claims.components) {
    rats::Measurement& measurement = claim.measurements.emplace_back();
    measurement.key = std::string(vocabulary.component);
    measurement.values.digests.push_back(corim_digest(digest_of(component, claims)));
    measurement.values.name = component.type;
    if (component.version) measurement.values.version = rats::Version{.version = *component.version, .scheme = {}};
    measurement.values.keys.push_back({.tag = rats::kTagBytes, .value = component.signer_id});
  }
  if (claims.config && !vocabulary.config.empty()) {
    rats::Measurement& measurement = claim.measurements.emplace_back();
    measurement.key = std::string(vocabulary.config);
    measurement.values.raw_value = rats::RawValue{.value = *claims.config, .mask = {}};
  }
  rats::Measurement& lifecycle = claim.measurements.emplace_back();
  lifecycle.key = std::string(kLifecycle);
  lifecycle.values.int_range = std::int64_t{claims.lifecycle_value};
  return claim;
}

}  // namespace credence::verifier::arm
