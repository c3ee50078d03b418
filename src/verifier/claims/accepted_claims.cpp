#include "verifier/claims/accepted_claims.h"

#include <algorithm>
#include <format>
#include <map>
#include <utility>

#include "rats/corim/describe.h"
#include "rats/corim/match/match.h"
#include "rats/corim/write.h"
#include "wire/cbor/reader.h"

namespace credence::verifier {
namespace {

// Member by member: what stands under the same key must be the same octets.
Result<std::map<std::int64_t, Bytes>> members_of(const rats::MeasurementValues& values) {
  cbor::Writer writer;
  CHECK(rats::write_measurement_values(writer, values));
  const Bytes octets = writer.take();
  cbor::Reader reader(octets);
  TRY(cbor::Reader::Map map, reader.map());
  std::map<std::int64_t, Bytes> members;
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return members;
    TRY(const std::int64_t key, reader.integer());
    TRY(const ByteView item, reader.raw_item());
    members.emplace(key, to_bytes(item));
  }
}

Result<void> check_agreement(const rats::Measurement& known, const rats::Measurement& added) {
  if (known.key != added.key) return {};
  TRY(const auto before, members_of(known.values));
  TRY(const auto after, members_of(added.values));
  for (const auto& [key, octets] : after) {
    const auto found = before.find(key);
    if (found != before.end() && found->second != octets)
      return fail(Errc::conflict, std::format("measured value {} of one environment is endorsed in two ways", key));
  }
  return {};
}

}  // namespace

Result<void> AcceptedClaims::add(AcceptedClaim claim) {
  measurements_ += claim.measurements.size();
  if (claims_.size() >= kMostClaims || measurements_ > kMostMeasurements) {
    return fail(Errc::too_large, std::format("more than {} claims or {} measurements about one attester", kMostClaims,
                                             kMostMeasurements));
  }
  for (const AcceptedClaim& known : claims_) {
    if (known.environment != claim.environment || known.authority != claim.authority) continue;
    for (const rats::Measurement& before : known.measurements)
      for (const rats::Measurement& added : claim.measurements) CHECK(check_agreement(before, added));
  }
  claims_.push_back(std::move(claim));
  return {};
}

bool AcceptedClaims::meet(const rats::Environment& environment, std::span<const rats::Measurement> measurements,
                          std::span<const rats::CryptoKey> authorized_by) const {
  return std::ranges::any_of(claims_, [&](const AcceptedClaim& claim) {
    return rats::match::environments(environment, claim.environment) &&
           rats::match::authorities(authorized_by, claim.authority) &&
           rats::match::measurements(measurements, claim.measurements, claim.authority);
  });
}

json::Array AcceptedClaims::endorsed() const {
  json::Array all;
  for (const AcceptedClaim& claim : claims_) {
    if (claim.source.empty()) continue;
    json::Array measurements;
    for (const rats::Measurement& measurement : claim.measurements) measurements.push_back(rats::describe(measurement));
    all.push_back(json::Object{{"environment", rats::describe(claim.environment)},
                               {"measurements", std::move(measurements)},
                               {"source", claim.source}});
  }
  return all;
}

}  // namespace credence::verifier
