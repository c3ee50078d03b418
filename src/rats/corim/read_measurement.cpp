#include "rats/corim/read.h"

namespace credence::rats {
namespace {

// PSA and CCA identifiers before revision 10.
constexpr std::uint64_t kOldSoftwareComponent = 601;
constexpr std::uint64_t kOldPlatformConfig = 602;
constexpr std::uint64_t kLastOldMeasurementKey = 603;

// psa.refval-id = {1 => measurement-type, ? 4 => version, 5 => signer-id}: what is measurement-values since.
Result<void> move_into_values(ByteView old_key, CorimReading& reading, MeasurementValues& values) {
  if (values.name || values.version || !values.keys.empty())
    return fail(Errc::invalid_value, "the component has a name, a version or keys in its mkey and in its values");
  cbor::Reader reader(old_key, cbor_limits(reading.limits));
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 1) {
      TRY(values.name, in("measurement-type", reader.text()));
    } else if (key == 4) {
      TRY(const std::string_view version, in("version", reader.text()));
      values.version = Version{.version = std::string(version), .scheme = {}};
    } else if (key == 5) {
      TRY(const ByteView signer, in("signer-id", reader.bytes()));
      values.keys.push_back({.tag = kTagBytes, .value = to_bytes(signer)});
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  return reader.finish();
}

// Old and new statements about one component meet under one name. The text of a platform configuration (602) was a
// label for people.
Result<void> modernise(Measurement& measurement, CorimReading& reading) {
  const auto* old = measurement.key ? std::get_if<TaggedBytes>(&*measurement.key) : nullptr;
  if (old == nullptr || (old->tag != kOldSoftwareComponent && old->tag != kOldPlatformConfig)) return {};
  if (old->tag == kOldSoftwareComponent) {
    CHECK(in("mkey", move_into_values(old->value, reading, measurement.values)));
    measurement.key = "psa.software-component";
  } else {
    measurement.key = "cca.platform-config";
  }
  return {};
}

}  // namespace

Result<MeasurementKey> read_measurement_key(cbor::Reader& reader, CorimReading& reading) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::unsigned_integer) return reader.unsigned_integer();
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view text, reader.text());
    return std::string(text);
  }
  TRY(TaggedBytes tagged, read_tagged(reader, reading));
  if (tagged.tag >= kOldSoftwareComponent && tagged.tag <= kLastOldMeasurementKey) reading.legacy = true;
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
  CHECK(modernise(measurement, reading));
  return measurement;
}

}  // namespace credence::rats
