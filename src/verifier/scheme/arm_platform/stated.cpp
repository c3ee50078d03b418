#include "verifier/scheme/arm_platform/stated.h"

#include <string>

#include "crypto/hash.h"

namespace credence::verifier::arm {

rats::CorimDigest digest_of(const Bytes& value) {
  using crypto::HashAlgorithm;
  for (const HashAlgorithm hash : {HashAlgorithm::sha256, HashAlgorithm::sha384})
    if (value.size() == crypto::digest_size(hash))
      return {.algorithm = rats::named_information_id(hash), .value = value};
  return {.algorithm = rats::named_information_id(HashAlgorithm::sha512), .value = value};
}

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
    measurement.values.digests.push_back(digest_of(component.value));
    measurement.values.name = component.type;
    if (component.version) measurement.values.version = rats::Version{.version = *component.version, .scheme = {}};
    measurement.values.keys.push_back({.tag = rats::kTagBytes, .value = component.signer_id});
  }
  if (claims.config && !vocabulary.config.empty()) {
    rats::Measurement& measurement = claim.measurements.emplace_back();
    measurement.key = std::string(vocabulary.config);
    measurement.values.raw_value = rats::RawValue{.value = *claims.config, .mask = {}};
  }
  return claim;
}

}  // namespace credence::verifier::arm
