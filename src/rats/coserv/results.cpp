// The results (draft-ietf-rats-coserv section 4.4).
#include <format>
#include <utility>

#include "rats/coserv/keys.h"
#include "rats/coserv/read.h"
#include "rats/rfc3339.h"

namespace credence::rats {
namespace coserv {
namespace {

// {1 => [+ key], 2 => triple}
template <typename Triple, typename Read>
Result<Quad<Triple>> read_quad(cbor::Reader& reader, CorimReading& reading, Read read) {
  const std::size_t start = reader.offset();
  Quad<Triple> quad;
  bool stated = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == kAuthorities) {
      CHECK(in("authorities", append_items(reader, reading, quad.authorities, read_crypto_key)));
    } else if (key == kTriple) {
      TRY(quad.triple, in("triple", read(reader, reading)));
      stated = true;
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (quad.authorities.empty() || !stated) {
    return fail_at(Errc::missing_member, start, "expected authorities (1) and a triple (2)");
  }
  return quad;
}

// [* quad]: nothing found is an answer too.
template <typename Triple, typename Read>
Result<void> read_quads(cbor::Reader& reader, CorimReading& reading, std::vector<Quad<Triple>>& quads, Read read) {
  TRY(cbor::Reader::Array array, reader.array());
  while (true) {
    TRY(const bool more, array.next(reader));
    if (!more) return {};
    auto quad = read_quad<Triple>(reader, reading, read);
    if (!quad) return within(std::format("[{}]", quads.size()), std::move(quad).error());
    quads.push_back(*std::move(quad));
  }
}

Result<CmwRecord> read_record(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  TRY(const ByteView item, reader.raw_item());
  auto record = decode_cmw_record(item, {.bytes = reading.limits.bytes});
  if (!record) record.error().offset = start + record.error().offset.value_or(0);
  return record;
}

// {* id => CMW}; identifiers that are UUIDs stand there as text.
Result<void> read_rims(cbor::Reader& reader, CorimReading& reading, CoservResults& results) {
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return {};
    TRY(const std::string_view id, reader.text());
    TRY(CmwRecord record, read_record(reader, reading));
    results.rims.emplace_back(id, std::move(record));
  }
}

Result<Timestamp> read_expiry(cbor::Reader& reader) {
  CHECK(reader.expect_tag(kTagDate));
  const std::size_t start = reader.offset();
  TRY(const std::string_view text, reader.text());
  Result<Timestamp> date = from_rfc3339(text);
  if (!date) date.error().offset = start;
  return date;
}

class ResultsReader {
 public:
  ResultsReader(cbor::Reader& reader, CorimReading& reading) : reader_(reader), reading_(reading) {}

  Result<CoservResults> read() {
    const std::size_t start = reader_.offset();
    CHECK(read_map(reader_, [this](std::int64_t key) { return member(key); }));
    if (!expires_) return fail_at(Errc::missing_member, start, "expected the expiry (10) of the results");
    return std::move(results_);
  }

 private:
  Result<bool> member(std::int64_t key) {
    switch (key) {
      case kReferenceValues:
        return done(in("rvq", read_quads(reader_, reading_, results_.reference_values, read_reference_triple)));
      case kEndorsedValues:
        return done(in("evq", read_quads(reader_, reading_, results_.endorsed_values, read_reference_triple)));
      case kConditionalEndorsements:
        return done(
            in("ceq", read_quads(reader_, reading_, results_.conditional_endorsements, read_conditional_endorsement)));
      case kConditionalSeries:
        return done(in("series", read_quads(reader_, reading_, results_.conditional_series, read_conditional_series)));
      case kAttestationKeys:
        return done(in("akq", read_quads(reader_, reading_, results_.attestation_keys, read_key_triple)));
      case kTrustAnchorStores:
        return trust_anchor_stores();
      case kRims:
        return done(in("rims", read_rims(reader_, reading_, results_)));
      case kExpiry: {
        TRY(results_.expires, in("expiry", read_expiry(reader_)));
        expires_ = true;
        return true;
      }
      case kSourceArtifacts:
        return done(in("source-artifacts", append_items(reader_, reading_, results_.source_artifacts, read_record)));
      default:
        return false;
    }
  }

  // Their form is open in revision 06. None are nothing; some would be trust anchors that nobody here understands.
  Result<bool> trust_anchor_stores() {
    const std::size_t start = reader_.offset();
    TRY(cbor::Reader::Array array, reader_.array());
    TRY(const bool any, array.next(reader_));
    if (any) return fail_at(Errc::unsupported, start, "tas: CoTS statements are not supported");
    return true;
  }

  static Result<bool> done(Result<void> read) {
    CHECK(std::move(read));
    return true;
  }

  cbor::Reader& reader_;
  CorimReading& reading_;
  CoservResults results_;
  bool expires_ = false;
};

// Another kind of artifact than was asked for is not the answer to this query.
Result<void> check_kind(const CoservQuery& query, const CoservResults& results) {
  const auto* asked = std::get_if<EnvironmentQuery>(&query.query);
  const bool values = !results.reference_values.empty();
  const bool endorsed = !results.endorsed_values.empty() || !results.conditional_endorsements.empty() ||
                        !results.conditional_series.empty();
  const bool keys = !results.attestation_keys.empty();
  const bool collected = values || endorsed || keys;
  bool wrong = asked == nullptr ? collected || !results.source_artifacts.empty() : !results.rims.empty();
  if (asked != nullptr) {
    wrong = wrong || (values && asked->artifact != ArtifactType::reference_values) ||
            (endorsed && asked->artifact != ArtifactType::endorsed_values) ||
            (keys && asked->artifact != ArtifactType::trust_anchors) ||
            (collected && asked->result == ResultType::source) ||
            (!results.source_artifacts.empty() && asked->result == ResultType::collected);
  }
  if (wrong) return fail_in(Errc::invalid_value, "results", "expected artifacts of the kind that the query asks for");
  return {};
}

}  // namespace

Result<CoservResults> read_results(cbor::Reader& reader, Reading& reading) {
  return ResultsReader(reader, reading.corim).read();
}

}  // namespace coserv

Result<Coserv> decode_coserv(ByteView input, const CoservLimits& limits) {
  const CorimLimits inner{.bytes = limits.bytes, .depth = limits.depth, .items = limits.items};
  coserv::Reading reading{.limits = limits, .corim = {.limits = inner}};
  cbor::Reader reader(input, cbor_limits(inner));
  std::optional<CoservResults> results;
  const auto read = [&](cbor::Reader& at) -> Result<void> {
    TRY(results, in("results", coserv::read_results(at, reading)));
    return {};
  };
  Coserv message;
  TRY(message.query, coserv::read_message(reader, reading, read));
  CHECK(reader.finish());
  if (!results) return fail_at(Errc::missing_member, 0, "expected results (2), got a query alone");
  CHECK(coserv::check_kind(message.query, *results));
  message.results = *std::move(results);
  TRY(message.query_octets, encode_coserv_query(message.query));
  return message;
}

}  // namespace credence::rats
