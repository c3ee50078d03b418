#include "verifier/scheme/riot/stated.h"

#include <algorithm>

#include "verifier/scheme/riot/compare.h"

namespace credence::verifier::riot {
namespace {

rats::Measurement measurement_of(const evidence::dice::Measurement& stated) {
  rats::Measurement measurement;
  measurement.values.digests = digests_of(stated);
  if (stated.svn) measurement.values.svn = rats::Svn{.value = *stated.svn};
  return measurement;
}

}  // namespace

std::vector<AcceptedClaim> stated(const evidence::dice::Chain& chain) {
  std::vector<AcceptedClaim> claims;
  const std::vector<rats::CryptoKey> authority = authority_of(evidence::dice::device_key(chain));
  for (const auto& measurements : chain.measurements)
    for (const evidence::dice::Measurement& stated : measurements) {
      rats::Environment environment;
      environment.class_map = layer_of(stated);
      if (*environment.class_map == rats::Class{}) continue;
      // Two that name themselves alike are one environment, of which nobody could say which was meant.
      auto known = std::ranges::find(claims, environment, &AcceptedClaim::environment);
      if (known == claims.end())
        known = claims.insert(known,
                              {.environment = environment, .measurements = {}, .authority = authority, .source = {}});
      known->measurements.push_back(measurement_of(stated));
    }
  return claims;
}

}  // namespace credence::verifier::riot
