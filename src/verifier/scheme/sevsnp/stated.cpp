#include "verifier/scheme/sevsnp/stated.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "rats/oid.h"
#include "verifier/scheme/sevsnp/endorsed.h"
#include "verifier/scheme/sevsnp/field.h"

namespace credence::verifier::sevsnp {
namespace {

// Nothing for a field that no condition could name.
std::optional<rats::MeasurementValues> values_of(const Field& field, const evidence::sevsnp::Report& report) {
  const auto value = field.value(report);
  if (!value) return std::nullopt;
  rats::MeasurementValues values;
  switch (field.kind) {
    case FieldKind::svn:
      values.svn = rats::Svn{.value = std::get<std::uint64_t>(*value)};
      return values;
    case FieldKind::raw:
      values.raw_value = rats::RawValue{.value = std::get<Bytes>(*value), .mask = {}};
      return values;
    case FieldKind::digest:
      values.digests.push_back(
          {.algorithm = rats::named_information_id(crypto::HashAlgorithm::sha384), .value = std::get<Bytes>(*value)});
      return values;
    case FieldKind::version:
      values.version = rats::Version{.version = std::get<std::string>(*value), .scheme = {}};
      return values;
    case FieldKind::tcb:
    case FieldKind::unique:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

AcceptedClaim stated(const evidence::sevsnp::Report& report, ByteView vek) {
  AcceptedClaim claim;
  if (auto oid = rats::oid_from_text(kClass))
    claim.environment.class_map.emplace().id = rats::TaggedBytes{.tag = rats::kTagOid, .value = *std::move(oid)};
  claim.environment.instance = rats::TaggedBytes{.tag = rats::kTagBytes, .value = report.measurement};
  claim.authority = authority_of(vek);
  for (const Field& field : fields())
    if (auto values = values_of(field, report))
      claim.measurements.push_back({.key = field.mkey, .values = *std::move(values), .authorized_by = {}});
  return claim;
}

}  // namespace credence::verifier::sevsnp
