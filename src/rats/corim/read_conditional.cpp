// Conditional endorsements and series of them (draft-ietf-rats-corim sections 5.1.6 and 5.1.7).
#include "rats/corim/read.h"

namespace credence::rats {
namespace {

// [selection: [+ measurement], addition: [+ measurement]]
Result<ConditionalSeries::Record> read_record(cbor::Reader& reader, CorimReading& reading) {
  ConditionalSeries::Record record;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "the selection"));
  CHECK(in("selection", append_items(reader, reading, record.selection, read_measurement)));
  CHECK(expect_item(reader, array, "the addition"));
  CHECK(in("addition", append_items(reader, reading, record.addition, read_measurement)));
  CHECK(expect_end(reader, array));
  return record;
}

// [* measurement]: the one list of CoRIM that may be empty.
Result<void> read_claims(cbor::Reader& reader, CorimReading& reading, std::vector<Measurement>& claims) {
  cbor::Reader ahead = reader;
  TRY(cbor::Reader::Array array, ahead.array());
  TRY(const bool any, array.next(ahead));
  if (any) return append_items(reader, reading, claims, read_measurement);
  reader = ahead;
  return {};
}

// [environment, [* measurement], ? authorized-by]
Result<void> read_condition(cbor::Reader& reader, CorimReading& reading, ConditionalSeries& series) {
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "an environment"));
  TRY(series.environment, in("environment", read_environment(reader, reading)));
  CHECK(expect_item(reader, array, "the claims"));
  CHECK(in("claims-list", read_claims(reader, reading, series.claims)));
  TRY(const bool authorized, array.next(reader));
  if (!authorized) return {};
  CHECK(in("authorized-by", append_items(reader, reading, series.authorized_by, read_crypto_key)));
  return expect_end(reader, array);
}

}  // namespace

// [condition, [+ record]]
Result<ConditionalSeries> read_conditional_series(cbor::Reader& reader, CorimReading& reading) {
  ConditionalSeries series;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "the condition"));
  CHECK(in("condition", read_condition(reader, reading, series)));
  CHECK(expect_item(reader, array, "the series"));
  CHECK(in("series", append_items(reader, reading, series.series, read_record)));
  CHECK(expect_end(reader, array));
  return series;
}

// [conditions: [+ [environment, [+ measurement]]], endorsements: [+ [environment, [+ measurement]]]]
Result<ConditionalEndorsement> read_conditional_endorsement(cbor::Reader& reader, CorimReading& reading) {
  ConditionalEndorsement conditional;
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "the conditions"));
  CHECK(in("conditions", append_items(reader, reading, conditional.conditions, read_reference_triple)));
  CHECK(expect_item(reader, array, "the endorsements"));
  CHECK(in("endorsements", append_items(reader, reading, conditional.endorsements, read_reference_triple)));
  CHECK(expect_end(reader, array));
  return conditional;
}

}  // namespace credence::rats
