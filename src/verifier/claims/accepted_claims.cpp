#include "verifier/claims/accepted_claims.h"

#include <algorithm>
#include <format>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "rats/corim/describe.h"
#include "rats/corim/match/match.h"
#include "verifier/claims/merge.h"

namespace credence::verifier {
namespace {

json::Array described(std::span<const rats::Environment> environments) {
  json::Array all;
  for (const rats::Environment& environment : environments) all.push_back(rats::describe(environment));
  return all;
}

json::Object described(const AcceptedClaim& claim) {
  json::Object entry{{"environment", rats::describe(claim.environment)}};
  if (!claim.members.empty()) {
    entry["members"] = described(claim.members);
  } else if (const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, claim.identity);
             digest && !claim.identity.empty()) {
    entry["identity"] = to_hex(digest->view());
  } else {
    json::Array measurements;
    for (const rats::Measurement& measurement : claim.measurements) measurements.push_back(rats::describe(measurement));
    entry["measurements"] = std::move(measurements);
  }
  entry["source"] = claim.source;
  return entry;
}

// Whether following trustees from `from` leads to `to`.
bool leads(std::span<const AcceptedDependency> dependencies, const rats::Environment& from, const rats::Environment& to,
           std::vector<const rats::Environment*>& seen) {
  for (const AcceptedDependency& dependency : dependencies) {
    if (dependency.triple.domain != from) continue;
    for (const rats::Environment& trustee : dependency.triple.others) {
      if (trustee == to) return true;
      const bool known = std::ranges::any_of(seen, [&](const auto* one) { return *one == trustee; });
      if (known) continue;
      seen.push_back(&trustee);
      if (leads(dependencies, trustee, to, seen)) return true;
    }
  }
  return false;
}

// Section 5.1.11.2: trust that rests on itself rests on nothing.
bool is_cyclic(std::span<const AcceptedDependency> dependencies) {
  return std::ranges::any_of(dependencies, [&](const AcceptedDependency& dependency) {
    std::vector<const rats::Environment*> seen;
    return leads(dependencies, dependency.triple.domain, dependency.triple.domain, seen);
  });
}

}  // namespace

std::vector<rats::CryptoKey> authority_of(ByteView spki) {
  const auto key = crypto::PublicKey::from_spki(spki);
  if (!key) return {};
  return {{.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(key->pem()))}};
}

Result<void> AcceptedClaims::make_room(std::size_t measurements) {
  measurements_ += measurements;
  if (claims_.size() + dependencies_.size() < kMostClaims && measurements_ <= kMostMeasurements) return {};
  return fail(Errc::too_large,
              std::format("more than {} claims or {} measurements about one attester", kMostClaims, kMostMeasurements));
}

Result<void> AcceptedClaims::add(AcceptedDependency dependency) {
  CHECK(make_room(dependency.triple.others.size()));
  dependencies_.push_back(std::move(dependency));
  return {};
}

Result<void> AcceptedClaims::add(AcceptedClaim claim) {
  CHECK(make_room(claim.measurements.size() + claim.members.size()));
  const auto known = std::ranges::find_if(said_, [&](const Said& said) {
    return said.environment == claim.environment && said.authority == claim.authority;
  });
  if (known == said_.end()) {
    said_.push_back(
        {.environment = claim.environment, .measurements = claim.measurements, .authority = claim.authority});
  } else {
    CHECK(merge(known->measurements, claim.measurements));
  }
  claims_.push_back(std::move(claim));
  return {};
}

bool AcceptedClaims::meet(const rats::Environment& environment, std::span<const rats::Measurement> measurements,
                          std::span<const rats::CryptoKey> authorized_by) const {
  return std::ranges::any_of(said_, [&](const Said& said) {
    return rats::match::environments(environment, said.environment) &&
           rats::match::authorities(authorized_by, said.authority) &&
           rats::match::measurements(measurements, said.measurements, said.authority);
  });
}

bool AcceptedClaims::has_member(const rats::Environment& environment) const {
  return std::ranges::any_of(claims_, [&](const AcceptedClaim& claim) {
    return (claim.source.empty() || !claim.members.empty()) &&
           rats::match::environments(environment, claim.environment);
  });
}

bool AcceptedClaims::is_in_domain(const rats::Environment& environment) const {
  return std::ranges::any_of(claims_, [&](const AcceptedClaim& claim) {
    return !claim.members.empty() &&
           (claim.environment == environment || std::ranges::contains(claim.members, environment));
  });
}

json::Array AcceptedClaims::endorsed() const {
  json::Array all;
  for (const AcceptedClaim& claim : claims_)
    if (!claim.source.empty()) all.push_back(described(claim));
  const bool cyclic = is_cyclic(dependencies_);
  if (cyclic)
    all.push_back(json::Object{{"problem", "trust dependencies of this attester form a cycle: none of them is met"}});
  for (const AcceptedDependency& dependency : dependencies_)
    all.push_back(json::Object{{"environment", rats::describe(dependency.triple.domain)},
                               {"trustees", described(dependency.triple.others)},
                               {"met", dependency.met && !cyclic},
                               {"source", dependency.source}});
  return all;
}

}  // namespace credence::verifier
