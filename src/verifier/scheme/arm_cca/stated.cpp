#include "verifier/scheme/arm_cca/stated.h"

#include <cstddef>
#include <string>
#include <utility>

#include "verifier/scheme/arm_platform/stated.h"

namespace credence::verifier::cca {
namespace {

rats::Measurement digest_measurement(std::string mkey, const Bytes& value) {
  rats::Measurement measurement;
  measurement.key = std::move(mkey);
  measurement.values.digests.push_back(arm::digest_of(value));
  return measurement;
}

AcceptedClaim stated_realm(const evidence::cca::RealmToken& realm) {
  AcceptedClaim claim;
  claim.environment = arm::environment_of(realm.claims.initial_measurement);
  claim.authority = authority_of(realm.public_key.spki());
  claim.measurements.push_back(digest_measurement("cca.rim", realm.claims.initial_measurement));
  for (std::size_t i = 0; i < realm.claims.extensible_measurements.size(); ++i)
    claim.measurements.push_back(
        digest_measurement("cca.rem" + std::to_string(i), realm.claims.extensible_measurements.at(i)));
  rats::Measurement& personalization = claim.measurements.emplace_back();
  personalization.key = std::string("cca.rpv");
  personalization.values.raw_value = rats::RawValue{.value = realm.claims.personalization_value, .mask = {}};
  return claim;
}

}  // namespace

std::vector<AcceptedClaim> stated(const evidence::cca::Token& token, ByteView platform_key) {
  std::vector<AcceptedClaim> claims;
  claims.push_back(arm::stated_platform(token.platform.claims, arm::kCca, platform_key));
  claims.push_back(stated_realm(token.realm));
  return claims;
}

}  // namespace credence::verifier::cca
