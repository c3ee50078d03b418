#include "verifier/scheme/sevsnp/claims.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "rats/corim/corim_tags.h"
#include "rats/corim/to_json.h"
#include "rats/corim/write.h"
#include "rats/oid.h"
#include "verifier/scheme/sevsnp/endorsed.h"
#include "verifier/scheme/sevsnp/field.h"

namespace credence::verifier::sevsnp {
namespace {

using evidence::sevsnp::Report;

constexpr std::string_view kClassOfProviders = "1.3.6.1.4.1.3704.3.2";  // of reports under a VLEK
constexpr std::string_view kProfileOfEvidence =
    R"(application/corim-unsigned+cbor; profile="tag:amd.com,2024:snp-corim-profile")";
// What Veraison's library writes for an identifier that nobody has set.
constexpr std::string_view kNoId = "unknown type for tag-id";
// CoSWID version schemes.
constexpr std::int64_t kDecimal = 4;
constexpr std::int64_t kSemanticVersion = 16'384;
constexpr std::uint64_t kReportVersion = 0;
constexpr std::uint64_t kGuestSvn = 1;

bool is_zero(ByteView octets) {
  return std::ranges::all_of(octets, [](std::uint8_t octet) { return octet == 0; });
}

// Those that Veraison leaves out when nobody has set them.
bool may_be_left_out(const Field& field) {
  return (field.mkey >= 640 && field.mkey <= kReportIdMa && field.mkey != kLaunchMeasurement) || field.mkey == kChipId;
}

rats::MeasurementValues stated_values(const Field& field, const FieldValue& value) {
  rats::MeasurementValues values;
  if (const auto* number = std::get_if<std::uint64_t>(&value)) {
    values.svn = rats::Svn{.value = *number, .minimum = field.mkey == kGuestSvn};
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    values.version =
        rats::Version{.version = *text, .scheme = field.mkey == kReportVersion ? kDecimal : kSemanticVersion};
  } else if (field.mkey == kLaunchMeasurement) {
    values.digests.push_back(
        {.algorithm = rats::named_information_id(crypto::HashAlgorithm::sha384), .value = std::get<Bytes>(value)});
  } else {
    values.raw_value = rats::RawValue{.value = std::get<Bytes>(value), .mask = {}};
  }
  return values;
}

Result<rats::Environment> environment_of(const Report& report) {
  const bool of_chip = report.signing_key == evidence::sevsnp::SigningKey::vcek;
  TRY(Bytes oid, rats::oid_from_text(of_chip ? kClass : kClassOfProviders));
  rats::Environment environment;
  environment.class_map.emplace().id = rats::TaggedBytes{.tag = rats::kTagOid, .value = std::move(oid)};
  if (of_chip && !is_zero(report.chip_id))
    environment.instance = rats::TaggedBytes{.tag = rats::kTagBytes, .value = report.chip_id};
  return environment;
}

Result<rats::ReferenceTriple> triple_of(const Report& report) {
  rats::ReferenceTriple triple;
  TRY(triple.environment, environment_of(report));
  for (const Field& field : fields()) {
    const auto value = field.value(report);
    if (!value) continue;
    const auto* octets = std::get_if<Bytes>(&*value);
    if (octets != nullptr && may_be_left_out(field) && is_zero(*octets)) continue;
    triple.measurements.push_back({.key = field.mkey, .values = stated_values(field, *value), .authorized_by = {}});
  }
  return triple;
}

// Veraison's is random. The same evidence is the same to a policy here.
Result<rats::Uuid> id_of(const Report& report) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, report.signed_octets));
  rats::Uuid id;
  std::ranges::copy(digest.view().first(id.octets.size()), id.octets.begin());
  return id;
}

}  // namespace

Result<json::Object> claims_of(const Report& report) {
  rats::Comid comid;
  comid.language = "en-GB";
  TRY(comid.id, id_of(report));
  TRY(rats::ReferenceTriple triple, triple_of(report));
  json::Object triples{{"reference-values", json::Array{rats::to_json(triple)}}};
  comid.reference_values.push_back(std::move(triple));
  cbor::Writer content;
  CHECK(rats::write_comid(content, comid));
  cbor::Writer tagged;
  tagged.tag(rats::kTagComid).bytes(content.take());
  return json::Object{{"corim-id", kNoId},
                      {"profile", json::Object{{"type", "uri"}, {"value", kProfileOfEvidence}}},
                      {"tags", json::Array{json::Value(to_base64(tagged.take()))}},
                      {"triples", std::move(triples)}};
}

}  // namespace credence::verifier::sevsnp
