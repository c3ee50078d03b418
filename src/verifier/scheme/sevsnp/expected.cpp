#include "verifier/scheme/sevsnp/expected.h"

#include <algorithm>
#include <format>
#include <utility>

#include "base/text.h"

namespace credence::verifier::sevsnp {
namespace {

Result<const Field*> field_of(const rats::Measurement& measurement) {
  if (!measurement.key) return fail(Errc::missing_member, "mkey is missing: it is the number of the field");
  const auto* mkey = std::get_if<std::uint64_t>(&*measurement.key);
  if (mkey == nullptr)
    return fail(Errc::unexpected_type, "mkey: expected an unsigned integer, the number of the field");
  const Field* field = find_field(*mkey);
  if (field == nullptr) return fail(Errc::unsupported, std::format("mkey {} names no field of a report", *mkey));
  return field;
}

std::unexpected<Error> wrong_value(const Field& field, std::string_view wanted) {
  return fail(Errc::invalid_value,
              std::format("mkey {} ({}): expected {} and nothing else", field.mkey, field.name, wanted));
}

// A report has digests of SHA-384 only. More than one here would be of other algorithms, which nothing could be
// compared with, or of this one twice, which matches nothing.
Result<Bytes> sha384_of(const Field& field, const rats::MeasurementValues& values) {
  if (values.digests.size() != 1 || rats::hash_of(values.digests[0]) != crypto::HashAlgorithm::sha384 ||
      values.digests[0].value.size() != field.size)
    return wrong_value(field, "one digest of SHA-384");
  return values.digests[0].value;
}

Result<Expected> read_value(const Field& field, const rats::MeasurementValues& values) {
  Expected expected{.field = &field, .value = {}};
  switch (field.kind) {
    case FieldKind::svn:
    case FieldKind::tcb:
      if (!values.svn) return wrong_value(field, "an svn");
      expected.value = *values.svn;
      return expected;
    case FieldKind::version:
      if (!values.version) return wrong_value(field, "a version");
      expected.value = values.version->version;
      return expected;
    case FieldKind::digest: {
      TRY(expected.value, sha384_of(field, values));
      return expected;
    }
    case FieldKind::raw:
    case FieldKind::unique:
      break;
  }
  if (!values.raw_value || values.raw_value->value.size() != field.size)
    return wrong_value(field, std::format("a raw value of {} octets", field.size));
  expected.value = *values.raw_value;
  return expected;
}

bool equal_under_mask(const rats::RawValue& expected, ByteView actual) {
  if (!expected.mask) return equal(expected.value, actual);
  for (std::size_t i = 0; i < actual.size(); ++i)
    if (((expected.value[i] ^ actual[i]) & (*expected.mask)[i]) != 0) return false;
  return true;
}

bool meets_tcb(const rats::Svn& expected, std::uint64_t actual, evidence::sevsnp::Product product) {
  if (!expected.minimum) return expected.value == actual;
  const auto least = evidence::sevsnp::divide_tcb(expected.value, product);
  const auto got = evidence::sevsnp::divide_tcb(actual, product);
  return least && got && got->is_at_least(*least);
}

}  // namespace

std::string Expected::text() const {
  if (const auto* svn = std::get_if<rats::Svn>(&value)) {
    const std::string number =
        field->kind == FieldKind::tcb ? std::format("0x{:016x}", svn->value) : std::to_string(svn->value);
    return svn->minimum ? "at least " + number : number;
  }
  if (const auto* raw = std::get_if<rats::RawValue>(&value))
    return raw->mask ? std::format("{} under mask {}", to_hex(raw->value), to_hex(*raw->mask)) : to_hex(raw->value);
  if (const auto* digest = std::get_if<Bytes>(&value)) return to_hex(*digest);
  return std::get<std::string>(value);
}

bool Expected::states_bit(std::uint64_t bit) const {
  const auto* raw = std::get_if<rats::RawValue>(&value);
  if (raw == nullptr || raw->value.size() > sizeof(bit)) return false;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < raw->value.size(); ++i)
    number =
        number << 8 | std::uint64_t{static_cast<std::uint8_t>(raw->value[i] & (raw->mask ? (*raw->mask)[i] : 0xffU))};
  return (number & bit) == bit;
}

Result<Expected> read_expected(const rats::Measurement& measurement) {
  TRY(const Field* field, field_of(measurement));
  if (rats::member_count(measurement.values) != 1)
    return fail(Errc::unsupported, std::format("mkey {} ({}): expected exactly one value", field->mkey, field->name));
  return read_value(*field, measurement.values);
}

std::string text_of(const std::optional<FieldValue>& value) {
  if (!value) return "none";
  if (const auto* number = std::get_if<std::uint64_t>(&*value)) return std::format("0x{:016x}", *number);
  if (const auto* octets = std::get_if<Bytes>(&*value)) return to_hex(*octets);
  return std::get<std::string>(*value);
}

bool meets(const evidence::sevsnp::Report& report, evidence::sevsnp::Product product, const Expected& expected) {
  if (expected.field->kind == FieldKind::unique) return true;
  const auto actual = expected.field->value(report);
  if (!actual) return false;
  if (const auto* svn = std::get_if<rats::Svn>(&expected.value)) {
    const std::uint64_t number = std::get<std::uint64_t>(*actual);
    if (expected.field->kind == FieldKind::tcb) return meets_tcb(*svn, number, product);
    return svn->minimum ? number >= svn->value : number == svn->value;
  }
  if (const auto* raw = std::get_if<rats::RawValue>(&expected.value))
    return equal_under_mask(*raw, std::get<Bytes>(*actual));
  if (const auto* digest = std::get_if<Bytes>(&expected.value)) return *digest == std::get<Bytes>(*actual);
  return std::get<std::string>(expected.value) == std::get<std::string>(*actual);
}

}  // namespace credence::verifier::sevsnp
