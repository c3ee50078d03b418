// The query (draft-ietf-rats-coserv section 4.3).
#include <format>
#include <utility>

#include "rats/coserv/keys.h"
#include "rats/coserv/read.h"
#include "rats/oid.h"

namespace credence::rats {

std::string_view name(ArtifactType artifact) noexcept {
  switch (artifact) {
    case ArtifactType::endorsed_values:
      return "endorsed values";
    case ArtifactType::trust_anchors:
      return "trust anchors";
    case ArtifactType::reference_values:
      break;
  }
  return "reference values";
}

namespace coserv {
namespace {

template <typename Enum>
Result<Enum> read_choice(cbor::Reader& reader, Enum last) {
  const std::size_t start = reader.offset();
  TRY(const std::uint64_t number, reader.unsigned_integer());
  if (number > std::to_underlying(last)) {
    return fail_at(Errc::invalid_value, start,
                   std::format("expected 0 to {}, got {}", std::to_underlying(last), number));
  }
  return static_cast<Enum>(number);
}

// [class / instance / group, ? [+ measurement]]
template <typename T, typename Read>
Result<Selector<T>> read_selector(cbor::Reader& reader, Reading& reading, Read read) {
  Selector<T> selector;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "what is selected"));
  TRY(selector.selected, read(reader, reading.corim));
  TRY(const bool stateful, array.next(reader));
  if (!stateful) return selector;
  CHECK(in("measurements", append_items(reader, reading.corim, selector.measurements, read_measurement)));
  CHECK(expect_end(reader, array));
  return selector;
}

template <typename T, typename Read>
Result<std::vector<Selector<T>>> read_selectors(cbor::Reader& reader, Reading& reading, Read read) {
  const std::size_t start = reader.offset();
  std::vector<Selector<T>> selectors;
  CHECK(read_items(reader, [&]() -> Result<void> {
    if (selectors.size() >= reading.limits.selectors) {
      return fail_at(Errc::too_large, start, std::format("expected at most {} selectors", reading.limits.selectors));
    }
    TRY(Selector<T> selector, read_selector<T>(reader, reading, read));
    selectors.push_back(std::move(selector));
    return {};
  }));
  return selectors;
}

}  // namespace

// Exactly one of classes, instances and groups.
Result<void> read_environments(cbor::Reader& reader, Reading& reading, EnvironmentQuery& query) {
  const std::size_t start = reader.offset();
  int kinds = 0;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    ++kinds;
    if (key == kClasses) {
      TRY(query.environments, in("class", read_selectors<Class>(reader, reading, read_class)));
    } else if (key == kInstances) {
      TRY(auto instances, in("instance", read_selectors<TaggedBytes>(reader, reading, read_tagged)));
      query.environments = InstanceSelectors{std::move(instances)};
    } else if (key == kGroups) {
      TRY(auto groups, in("group", read_selectors<TaggedBytes>(reader, reading, read_tagged)));
      query.environments = GroupSelectors{std::move(groups)};
    } else {
      return fail_at(Errc::unsupported, start, std::format("no selector has the number {}", key));
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (kinds != 1) return fail_at(Errc::invalid_value, start, "expected classes (0), instances (1) or groups (2)");
  return {};
}

// [kind, id]
Result<RimId> read_rim_id(cbor::Reader& reader, CorimReading& reading) {
  RimId rim;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "the kind of the document"));
  TRY(rim.kind, read_choice(reader, RimId::Kind::corim));
  CHECK(expect_item(reader, array, "its id"));
  TRY(rim.id, read_tag_id(reader, reading));
  CHECK(expect_end(reader, array));
  return rim;
}

Result<ArtifactType> read_artifact_type(cbor::Reader& reader) {
  return read_choice(reader, ArtifactType::reference_values);
}

// A URI as bare text, an OID as bare octets: here without the tags of CoRIM.
Result<std::string> read_profile(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  const std::size_t start = reader.offset();
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view uri, reader.text());
    return std::string(uri);
  }
  TRY(const ByteView content, reader.bytes());
  Result<std::string> oid = oid_to_text(content);
  if (!oid) return fail_at(oid.error().code, start, oid.error().why);
  return "oid:" + *oid;
}

Result<std::variant<EnvironmentQuery, RimQuery>> read_query(cbor::Reader& reader, Reading& reading) {
  const std::size_t start = reader.offset();
  EnvironmentQuery by_environment;
  RimQuery by_id;
  int members = 0;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == kArtifactType) {
      TRY(by_environment.artifact, in("artifact-type", read_artifact_type(reader)));
    } else if (key == kEnvironmentSelector) {
      CHECK(in("environment-selector", read_environments(reader, reading, by_environment)));
    } else if (key == kResultType) {
      TRY(by_environment.result, in("result-type", read_choice(reader, ResultType::both)));
    } else if (key == kRimSelector) {
      CHECK(in("rim-selector", append_items(reader, reading.corim, by_id.rims, read_rim_id)));
      return true;
    } else {
      // What is understood in part would be answered with more, or less, than was asked for.
      return fail_at(Errc::unsupported, start, std::format("no member of a query has the number {}", key));
    }
    ++members;
    return true;
  };
  CHECK(read_map(reader, member));
  if (!by_id.rims.empty() && members == 0) {
    if (by_id.rims.size() <= reading.limits.selectors) return by_id;
    return fail_at(Errc::too_large, start, std::format("expected at most {} documents", reading.limits.selectors));
  }
  if (by_id.rims.empty() && members == 3) return by_environment;
  return fail_at(
      Errc::invalid_value, start,
      "expected either artifact-type (0), environment-selector (1) and result-type (2), or rim-selector (3)");
}

}  // namespace coserv

Result<CoservQuery> decode_coserv_query(ByteView input, const CoservLimits& limits) {
  const CorimLimits inner{.bytes = limits.bytes, .depth = limits.depth, .items = limits.items};
  coserv::Reading reading{.limits = limits, .corim = {.limits = inner}};
  cbor::Reader reader(input, cbor_limits(inner));
  const auto no_results = [](cbor::Reader& at) -> Result<void> {
    return fail_at(Errc::unexpected_type, at.offset(), "expected a query, got results beside it");
  };
  TRY(CoservQuery query, coserv::read_message(reader, reading, no_results));
  CHECK(reader.finish());
  TRY(const Bytes again, encode_coserv_query(query));
  // draft-ietf-rats-coserv section 4.6: two spellings of a question would have two answers in a cache.
  if (!equal(again, input))
    return fail(Errc::not_deterministic, "expected the query in its one deterministic encoding");
  return query;
}

}  // namespace credence::rats
