#include <algorithm>
#include <format>

#include "rats/corim/values_keys.h"
#include "rats/corim/write.h"

namespace credence::rats {
namespace {

void write_version(cbor::Writer& writer, const Version& version) {
  writer.map(1 + count_of(version.scheme.has_value()));
  writer.unsigned_integer(0).text(version.version);
  if (!version.scheme) return;
  writer.unsigned_integer(1);
  if (const auto* text = std::get_if<std::string>(&*version.scheme)) {
    writer.text(*text);
  } else {
    writer.integer(std::get<std::int64_t>(*version.scheme));
  }
}

void write_flags(cbor::Writer& writer, const std::array<std::optional<bool>, 10>& flags) {
  writer.map(static_cast<std::size_t>(std::ranges::count_if(flags, [](const auto& flag) { return flag.has_value(); })));
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i]) writer.unsigned_integer(i).boolean(*flags[i]);
  }
}

void write_raw_value(cbor::Writer& writer, const RawValue& raw) {
  if (raw.mask) {
    writer.tag(kTagMaskedRawValue).array(2).bytes(raw.value).bytes(*raw.mask);
  } else {
    writer.tag(kTagBytes).bytes(raw.value);
  }
}

Result<void> write_registers(cbor::Writer& writer, const std::vector<MeasurementValues::IntegrityRegister>& registers) {
  writer.map(registers.size());
  for (const auto& integrity_register : registers) {
    if (const auto* text = std::get_if<std::string>(&integrity_register.id)) {
      writer.text(*text);
    } else {
      writer.unsigned_integer(std::get<std::uint64_t>(integrity_register.id));
    }
    CHECK(write_items(writer, integrity_register.digests, write_digest));
  }
  return {};
}

void write_int_range(cbor::Writer& writer, const std::variant<std::int64_t, IntRange>& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    writer.integer(*number);
    return;
  }
  const auto& range = std::get<IntRange>(value);
  writer.tag(kTagIntRange).array(2);
  for (const auto& end : {range.minimum, range.maximum}) {
    if (end) {
      writer.integer(*end);
    } else {
      writer.null();
    }
  }
}

// What names a device.
void write_identifiers(cbor::Writer& writer, const MeasurementValues& values) {
  if (values.mac_address) writer.integer(kMacAddress).bytes(*values.mac_address);
  if (values.ip_address) writer.integer(kIpAddress).bytes(*values.ip_address);
  if (values.serial_number) writer.integer(kSerialNumber).text(*values.serial_number);
  if (values.ueid) writer.integer(kUeid).bytes(*values.ueid);
  if (values.uuid) writer.integer(kUuid).bytes(values.uuid->octets);
}

bool has_flags(const MeasurementValues& values) noexcept {
  return std::ranges::any_of(values.flags, [](const auto& flag) { return flag.has_value(); });
}

}  // namespace

std::size_t member_count(const MeasurementValues& values) noexcept {
  return values.others.size() + count_of(values.version.has_value(), values.svn.has_value(), !values.digests.empty(),
                                         has_flags(values), values.raw_value.has_value(), values.name.has_value(),
                                         !values.keys.empty(), !values.integrity_registers.empty(),
                                         values.mac_address.has_value(), values.ip_address.has_value(),
                                         values.serial_number.has_value(), values.ueid.has_value(),
                                         values.uuid.has_value(), values.int_range.has_value());
}

Result<void> write_digest(cbor::Writer& writer, const CorimDigest& digest) {
  writer.array(2);
  if (const auto* text = std::get_if<std::string>(&digest.algorithm)) {
    writer.text(*text);
  } else {
    writer.integer(std::get<std::int64_t>(digest.algorithm));
  }
  writer.bytes(digest.value);
  return {};
}

Result<void> write_measurement_values(cbor::Writer& writer, const MeasurementValues& values) {
  const std::size_t members = member_count(values);
  if (members == 0) return fail_in(Errc::missing_member, "mval", "expected at least one value in the measurement");
  writer.map(members);
  if (values.version) write_version(writer.integer(kVersion), *values.version);
  if (values.svn) {
    writer.integer(kSvn).tag(values.svn->minimum ? kTagMinimumSvn : kTagSvn).unsigned_integer(values.svn->value);
  }
  if (!values.digests.empty()) CHECK(write_items(writer.integer(kDigests), values.digests, write_digest));
  if (has_flags(values)) write_flags(writer.integer(kFlags), values.flags);
  if (values.raw_value) write_raw_value(writer.integer(kRawValue), *values.raw_value);
  write_identifiers(writer, values);
  if (values.name) writer.integer(kName).text(*values.name);
  if (!values.keys.empty()) CHECK(write_items(writer.integer(kCryptoKeys), values.keys, write_crypto_key));
  if (!values.integrity_registers.empty()) {
    CHECK(write_registers(writer.integer(kIntegrityRegisters), values.integrity_registers));
  }
  if (values.int_range) write_int_range(writer.integer(kIntRange), *values.int_range);
  for (const auto& [key, item] : values.others) writer.integer(key).raw_item(item);
  return {};
}

Result<void> write_measurement_key(cbor::Writer& writer, const MeasurementKey& key) {
  if (const auto* number = std::get_if<std::uint64_t>(&key)) {
    writer.unsigned_integer(*number);
  } else if (const auto* text = std::get_if<std::string>(&key)) {
    writer.text(*text);
  } else {
    const auto& tagged = std::get<TaggedBytes>(key);
    if (tagged.tag != kTagOid && tagged.tag != kTagUuid) {
      return fail_in(Errc::invalid_value, "mkey",
                     std::format("expected an OID or a UUID (tag 111 or 37), got tag {}", tagged.tag));
    }
    write_tagged(writer, tagged);
  }
  return {};
}

Result<void> write_measurement(cbor::Writer& writer, const Measurement& measurement) {
  writer.map(1 + count_of(measurement.key.has_value(), !measurement.authorized_by.empty()));
  if (measurement.key) CHECK(write_measurement_key(writer.unsigned_integer(0), *measurement.key));
  CHECK(write_measurement_values(writer.unsigned_integer(1), measurement.values));
  if (!measurement.authorized_by.empty()) {
    CHECK(write_items(writer.unsigned_integer(2), measurement.authorized_by, write_crypto_key));
  }
  return {};
}

}  // namespace credence::rats
