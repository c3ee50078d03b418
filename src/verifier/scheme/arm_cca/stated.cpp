#include "verifier/scheme/arm_cca/stated.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "verifier/scheme/arm_platform/digest.h"
#include "verifier/scheme/arm_platform/stated.h"

namespace credence::verifier::cca {
namespace {

rats::Measurement digest_measurement(std::string mkey, std::string_view algorithm, const Bytes& value) {
  rats::Measurement measurement;
  measurement.key = std::move(mkey);
  measurement.values.digests.push_back(arm::corim_digest(arm::digest_of(algorithm, value)));
  return measurement;
}

// All of it in one measurement without a mkey, as draft-ydb-rats-cca-endorsements wrote realms first: beside the
// measurements of their own that it has now, since those are no registers.
rats::Measurement registers_of(const evidence::cca::RealmClaims& claims) {
  rats::Measurement measurement;
  measurement.values.raw_value = rats::RawValue{.value = claims.personalization_value, .mask = {}};
  const auto add = [&](std::string id, const Bytes& value) {
    measurement.values.integrity_registers.push_back(
        {.id = std::move(id), .digests = {arm::corim_digest(arm::digest_of(claims.hash_algorithm, value))}});
  };
  add("rim", claims.initial_measurement);
  for (std::size_t i = 0; i < claims.extensible_measurements.size(); ++i)
    add("rem" + std::to_string(i), claims.extensible_measurements.at(i));
  return measurement;
}

AcceptedClaim stated_realm(const evidence::cca::RealmToken& realm) {
  const std::string& algorithm = realm.claims.hash_algorithm;
  AcceptedClaim claim;
  claim.environment = arm::environment_of(realm.claims.initial_measurement);
  claim.authority = authority_of(realm.public_key.spki());
  claim.measurements.push_back(digest_measurement("cca.rim", algorithm, realm.claims.initial_measurement));
  for (std::size_t i = 0; i < realm.claims.extensible_measurements.size(); ++i)
    claim.measurements.push_back(
        digest_measurement("cca.rem" + std::to_string(i), algorithm, realm.claims.extensible_measurements.at(i)));
  claim.measurements.push_back(registers_of(realm.claims));
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
