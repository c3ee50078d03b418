#include <chrono>
#include <format>
#include <utility>

#include "rats/corim/write.h"
#include "rats/coserv/coserv.h"
#include "rats/coserv/keys.h"
#include "rats/oid.h"

namespace credence::rats {
namespace {

using namespace coserv;

Result<void> write_profile(cbor::Writer& writer, std::string_view profile) {
  constexpr std::string_view kOidPrefix = "oid:";
  if (!profile.starts_with(kOidPrefix)) {
    writer.text(profile);
    return {};
  }
  Result<Bytes> oid = oid_from_text(profile.substr(kOidPrefix.size()));
  if (!oid) return within("profile", std::move(oid).error());
  writer.bytes(*oid);
  return {};
}

Result<void> write_selected(cbor::Writer& writer, const Class& selected) {
  if (selected == Class{}) return fail_in(Errc::missing_member, "class", "expected at least one member");
  write_class(writer, selected);
  return {};
}

Result<void> write_selected(cbor::Writer& writer, const TaggedBytes& selected) {
  write_tagged(writer, selected);
  return {};
}

template <typename T>
Result<void> write_selectors(cbor::Writer& writer, std::int64_t key, const std::vector<Selector<T>>& selectors) {
  if (selectors.empty()) return fail_in(Errc::missing_member, "environment-selector", "expected at least one selector");
  writer.map(1).integer(key).array(selectors.size());
  for (const auto& [selected, measurements] : selectors) {
    CHECK(write_selected(writer.array(measurements.empty() ? 1 : 2), selected));
    if (!measurements.empty()) CHECK(write_items(writer, measurements, write_measurement));
  }
  return {};
}

Result<void> write_query(cbor::Writer& writer, const EnvironmentQuery& query) {
  writer.map(3).integer(kArtifactType).unsigned_integer(std::to_underlying(query.artifact));
  writer.integer(kEnvironmentSelector);
  if (const auto* classes = std::get_if<ClassSelectors>(&query.environments)) {
    CHECK(write_selectors(writer, kClasses, *classes));
  } else if (const auto* instances = std::get_if<InstanceSelectors>(&query.environments)) {
    CHECK(write_selectors(writer, kInstances, instances->instances));
  } else {
    CHECK(write_selectors(writer, kGroups, std::get<GroupSelectors>(query.environments).groups));
  }
  writer.integer(kResultType).unsigned_integer(std::to_underlying(query.result));
  return {};
}

Result<void> write_query(cbor::Writer& writer, const RimQuery& query) {
  if (query.rims.empty()) return fail_in(Errc::missing_member, "rim-selector", "expected at least one document");
  writer.map(1).integer(kRimSelector).array(query.rims.size());
  for (const RimId& rim : query.rims) {
    writer.array(2).unsigned_integer(std::to_underlying(rim.kind));
    write_tag_id(writer, rim.id);
  }
  return {};
}

// The first two members.
Result<void> write_head(cbor::Writer& writer, const CoservQuery& query) {
  CHECK(write_profile(writer.integer(kProfile), query.profile));
  writer.integer(kQuery);
  return std::visit([&](const auto& asked) { return write_query(writer, asked); }, query.query);
}

template <typename Triple, typename Write>
Result<void> write_quads(cbor::Writer& writer, std::int64_t key, const std::vector<Quad<Triple>>& quads, Write write) {
  writer.integer(key).array(quads.size());
  for (const auto& [authorities, triple] : quads) {
    if (authorities.empty()) return fail_in(Errc::missing_member, "authorities", "expected at least one authority");
    CHECK(write_items(writer.map(2).integer(kAuthorities), authorities, write_crypto_key));
    CHECK(write(writer.integer(kTriple), triple));
  }
  return {};
}

// The quads of what was asked for, none of them too.
Result<void> write_collected(cbor::Writer& writer, ArtifactType artifact, const CoservResults& results) {
  switch (artifact) {
    case ArtifactType::reference_values:
      return write_quads(writer, kReferenceValues, results.reference_values, write_reference_triple);
    case ArtifactType::endorsed_values:
      CHECK(write_quads(writer, kEndorsedValues, results.endorsed_values, write_reference_triple));
      CHECK(write_quads(writer, kConditionalEndorsements, results.conditional_endorsements,
                        write_conditional_endorsement));
      if (results.conditional_series.empty()) return {};
      return write_quads(writer, kConditionalSeries, results.conditional_series, write_conditional_series);
    case ArtifactType::trust_anchors:
      CHECK(write_quads(writer, kAttestationKeys, results.attestation_keys, write_key_triple));
      writer.integer(kTrustAnchorStores).array(0);
      return {};
  }
  return {};
}

void write_rims(cbor::Writer& writer, const CoservResults& results) {
  writer.integer(kRims).map(results.rims.size());
  for (const auto& [id, record] : results.rims) writer.text(id).raw_item(encode_cmw_cbor(record));
}

Result<void> write_results(cbor::Writer& writer, const CoservQuery& query, const CoservResults& results) {
  const auto* asked = std::get_if<EnvironmentQuery>(&query.query);
  const bool collects = asked != nullptr && asked->result != ResultType::source;
  const std::size_t quads = !collects ? 0 : asked->artifact == ArtifactType::reference_values ? 1 : 2;
  const bool series =
      collects && asked->artifact == ArtifactType::endorsed_values && !results.conditional_series.empty();
  writer.map(1 + quads + count_of(asked == nullptr, !results.source_artifacts.empty(), series));
  if (asked == nullptr) write_rims(writer, results);
  if (collects) CHECK(write_collected(writer, asked->artifact, results));
  writer.integer(kExpiry).tag(kTagDate).text(std::format("{:%FT%TZ}", std::chrono::floor<Seconds>(results.expires)));
  if (results.source_artifacts.empty()) return {};
  writer.integer(kSourceArtifacts).array(results.source_artifacts.size());
  for (const CmwRecord& record : results.source_artifacts) writer.raw_item(encode_cmw_cbor(record));
  return {};
}

}  // namespace

Result<Bytes> encode_coserv_query(const CoservQuery& query) {
  cbor::Writer writer;
  writer.map(2);
  CHECK(write_head(writer, query));
  return writer.take();
}

Result<Bytes> encode_coserv(const CoservQuery& query, const CoservResults& results) {
  cbor::Writer writer;
  writer.map(3);
  CHECK(write_head(writer, query));
  CHECK(write_results(writer.integer(kResults), query, results));
  return writer.take();
}

}  // namespace credence::rats
