// Statements that depend on what is accepted about an attester, in tests: about environments that have numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fixture.h"
#include "verifier/claims/accepted_claims.h"
#include "verifier/claims/endorse.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"
#include "verifier/scheme/parsec_tpm/scheme.h"

namespace credence::test {

inline rats::Environment environment(std::uint8_t id) {
  rats::Environment made;
  made.class_map.emplace().id = rats::TaggedBytes{rats::kTagBytes, {id}};
  return made;
}

inline std::vector<rats::Measurement> named(std::string name, std::optional<rats::MeasurementKey> key = {}) {
  std::vector<rats::Measurement> made(1);
  made[0].key = std::move(key);
  made[0].values.name = std::move(name);
  return made;
}

inline rats::ReferenceTriple triple(std::uint8_t id, std::string name) {
  return {environment(id), named(std::move(name))};
}

inline rats::Corim corim_with(std::string id, const std::function<void(rats::Comid&)>& fill) {
  rats::Corim corim;
  corim.id = std::move(id);
  corim.profile = std::string(verifier::kParsecTpmProfile);
  fill(corim.comids.emplace_back());
  corim.comids[0].id = corim.id;
  return corim;
}

// What is accepted of an attester whose evidence says "a" of environment 1.
inline Result<verifier::AcceptedClaims> accepted(const verifier::Store& store, Timestamp now = kNow,
                                                 const std::vector<rats::CryptoKey>& authority = {}) {
  verifier::Trace trace;
  verifier::Endorsements endorsements(store, verifier::parsec_tpm_scheme(), now, trace);
  verifier::AcceptedClaims claims;
  CHECK(claims.add({.environment = environment(1), .measurements = named("a"), .authority = authority, .source = ""}));
  CHECK(verifier::apply_conditional_endorsements(endorsements, claims));
  return claims;
}

}  // namespace credence::test
