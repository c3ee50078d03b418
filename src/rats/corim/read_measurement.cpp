#include "rats/corim/read.h"

namespace credence::rats {
namespace {

constexpr std::uint64_t kFirstOldMeasurementKey = 601;  // PSA and CCA identifiers before revision 10
constexpr std::uint64_t kLastOldMeasurementKey = 603;

}  // namespace

Result<MeasurementKey> read_measurement_key(cbor::Reader& reader, CorimReading& reading) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::unsigned_integer) return reader.unsigned_integer();
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view text, reader.text());
    return std::string(text);
  }
  TRY(TaggedBytes tagged, read_tagged(reader, reading));
  if (tagged.tag >= kFirstOldMeasurementKey && tagged.tag <= kLastOldMeasurementKey) reading.legacy = true;
  return tagged;
}

// measurement-map = {? 0 => mkey, 1 => mval, ? 2 => [+ authorized-by]}
Result<Measurement> read_measurement(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  Measurement measurement;
  bool valued = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(measurement.key, in("mkey", read_measurement_key(reader, reading)));
    } else if (key == 1) {
      TRY(measurement.values, in("mval", read_measurement_values(reader, reading)));
      valued = true;
    } else if (key == 2) {
      CHECK(in("authorized-by", append_items(reader, reading, measurement.authorized_by, read_crypto_key)));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!valued) return fail_at(Errc::missing_member, start, "expected mval (1) in the measurement");
  return measurement;
}

}  // namespace credence::rats
