// measurement-values-map (draft-ietf-rats-corim section 5.1.4.1.4.2).
#include <algorithm>

#include "rats/corim/read.h"
#include "rats/corim/values_keys.h"

namespace credence::rats {
namespace {

// version-map = {0 => text, ? 1 => version-scheme}
Result<Version> read_version(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  Version version;
  bool given = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == 0) {
      TRY(version.version, reader.text());
      given = true;
      return true;
    }
    if (key != 1) return false;
    TRY(const cbor::Type type, reader.peek());
    if (type == cbor::Type::text_string) {
      TRY(const std::string_view scheme, reader.text());
      version.scheme = std::string(scheme);
    } else {
      TRY(const std::int64_t scheme, reader.integer());
      version.scheme = scheme;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!given) return fail_at(Errc::missing_member, start, "expected the version (0)");
  return version;
}

// svn / #6.552(svn) / #6.553(min-svn)
Result<Svn> read_svn(cbor::Reader& reader) {
  Svn svn;
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::tag) {
    const std::size_t start = reader.offset();
    TRY(const std::uint64_t tag, reader.tag());
    if (tag != kTagSvn && tag != kTagMinimumSvn) {
      return fail_at(Errc::unsupported, start,
                     std::format("expected a security version number (tag 552 or 553), got tag {}", tag));
    }
    svn.minimum = tag == kTagMinimumSvn;
  }
  TRY(svn.value, reader.unsigned_integer());
  return svn;
}

// flags-map = {* 0..9 => bool}
Result<std::array<std::optional<bool>, 10>> read_flags(cbor::Reader& reader) {
  std::array<std::optional<bool>, 10> flags{};
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key < 0 || key >= static_cast<std::int64_t>(flags.size())) return false;
    TRY(flags[static_cast<std::size_t>(key)], reader.boolean());
    return true;
  };
  CHECK(read_map(reader, member));
  return flags;
}

// #6.560(bytes) / #6.563([value: bytes, mask: bytes])
Result<RawValue> read_raw_value(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::uint64_t tag, reader.tag());
  RawValue raw;
  if (tag == kTagBytes) {
    TRY(const ByteView value, reader.bytes());
    raw.value = to_bytes(value);
    return raw;
  }
  if (tag != kTagMaskedRawValue) {
    return fail_at(Errc::unsupported, start, std::format("expected a raw value (tag 560 or 563), got tag {}", tag));
  }
  TRY(cbor::Reader::Array array, reader.array());
  CHECK(expect_item(reader, array, "the value"));
  TRY(const ByteView value, reader.bytes());
  raw.value = to_bytes(value);
  CHECK(expect_item(reader, array, "the mask"));
  TRY(const ByteView mask, reader.bytes());
  raw.mask = to_bytes(mask);
  CHECK(expect_end(reader, array));
  return raw;
}

Result<std::variant<std::uint64_t, std::string>> read_register_id(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view text, reader.text());
    return std::string(text);
  }
  return reader.unsigned_integer();
}

// integrity-registers = {+ (uint / text) => [+ digest]}
Result<std::vector<MeasurementValues::IntegrityRegister>> read_registers(cbor::Reader& reader, CorimReading& reading) {
  std::vector<MeasurementValues::IntegrityRegister> registers;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return registers;
    MeasurementValues::IntegrityRegister& read = registers.emplace_back();
    TRY(read.id, read_register_id(reader));
    CHECK(append_items(reader, reading, read.digests, read_digest));
  }
}

class ValuesReader {
 public:
  ValuesReader(cbor::Reader& reader, CorimReading& reading) : reader_(reader), reading_(reading) {}

  Result<void> member(std::int64_t key) {
    switch (key) {
      case kVersion:
        return store(values_.version, "version", read_version(reader_));
      case kSvn:
        return store(values_.svn, "svn", read_svn(reader_));
      case kDigests:
        return in("digests", append_items(reader_, reading_, values_.digests, read_digest));
      case kFlags:
        return store(values_.flags, "flags", read_flags(reader_));
      case kRawValue:
        return store(values_.raw_value, "raw-value", read_raw_value(reader_));
      case kRawValueMask:
        return store(mask_, "raw-value-mask", reader_.bytes());
      case kMacAddress:
        return store(values_.mac_address, "mac-addr", read_mac_address(reader_));
      case kIpAddress:
        return store(values_.ip_address, "ip-addr", read_ip_address(reader_));
      case kSerialNumber:
        return store(values_.serial_number, "serial-number", reader_.text());
      case kUeid:
        return store(values_.ueid, "ueid", read_ueid(reader_));
      case kUuid:
        return store(values_.uuid, "uuid", read_uuid(reader_));
      case kName:
        return store(values_.name, "name", reader_.text());
      case kCryptoKeys:
        return in("cryptokeys", append_items(reader_, reading_, values_.keys, read_crypto_key));
      case kIntegrityRegisters:
        return store(values_.integrity_registers, "integrity-registers", read_registers(reader_, reading_));
      case kIntRange:
        return store(values_.int_range, "int-range", read_int_range(reader_));
      default:
        return keep(key);
    }
  }

  Result<MeasurementValues> finish() {
    CHECK(merge_mask());
    if (values_.raw_value && values_.raw_value->mask &&
        values_.raw_value->mask->size() != values_.raw_value->value.size()) {
      return fail_in(Errc::invalid_value, "raw-value", "expected a mask as long as the value");
    }
    return std::move(values_);
  }

 private:
  template <typename To, typename From>
  Result<void> store(To& to, std::string_view name, Result<From> from) {
    if (!from) return within(name, std::move(from).error());
    to = *std::move(from);
    return {};
  }

  Result<void> keep(std::int64_t key) {
    TRY(const ByteView item, reader_.raw_item());
    values_.others.emplace_back(key, to_bytes(item));
    return {};
  }

  // Key 5 is deprecated: the same as a mask in tag 563.
  Result<void> merge_mask() {
    if (!mask_) return {};
    if (!values_.raw_value || values_.raw_value->mask) {
      return fail_in(Errc::invalid_value, "raw-value-mask", "expected it beside a raw value without a mask");
    }
    values_.raw_value->mask = to_bytes(*mask_);
    return {};
  }

  cbor::Reader& reader_;
  CorimReading& reading_;
  MeasurementValues values_;
  std::optional<ByteView> mask_;
};

}  // namespace

Result<MeasurementValues> read_measurement_values(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  ValuesReader values(reader, reading);
  bool empty = true;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    CHECK(values.member(key));
    empty = false;
    return true;
  };
  CHECK(read_map(reader, member));
  // non-empty: a reference value that demands nothing is met by everything.
  if (empty) return fail_at(Errc::missing_member, start, "expected at least one value in the measurement");
  Result<MeasurementValues> finished = values.finish();
  if (!finished) finished.error().offset = start;
  return finished;
}

}  // namespace credence::rats
