#include "evidence/psa/component.h"

#include <cstdint>
#include <format>

#include "base/text.h"

namespace credence::evidence::psa {
namespace {

constexpr std::int64_t kMeasurementType = 1;
constexpr std::int64_t kMeasurementValue = 2;
constexpr std::int64_t kVersion = 4;
constexpr std::int64_t kSignerId = 5;
constexpr std::int64_t kMeasurementDescription = 6;

template <typename To, typename From>
Result<void> store(To& to, std::string_view member, Result<From> read) {
  if (!read) return within(member, std::move(read).error());
  to = *std::move(read);
  return {};
}

Result<void> read_member(cbor::Reader& reader, SoftwareComponent& component, std::int64_t key) {
  switch (key) {
    case kMeasurementType:
      return store(component.type, "measurement-type", reader.text());
    case kMeasurementValue:
      return store(component.value, "measurement-value", read_hash(reader));
    case kVersion:
      return store(component.version, "version", reader.text());
    case kSignerId:
      return store(component.signer_id, "signer-id", read_hash(reader));
    case kMeasurementDescription:
      return store(component.description, "measurement-description", reader.text());
    default:
      CHECK(reader.raw_item());
      return {};
  }
}

}  // namespace

std::string SoftwareComponent::text() const {
  std::string text = type.value_or("without a type");
  if (version) text += " " + *version;
  return text;
}

Result<Bytes> read_hash(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const ByteView octets, reader.bytes());
  if (octets.size() != 32 && octets.size() != 48 && octets.size() != 64)
    return fail_at(Errc::invalid_value, start, std::format("expected 32, 48 or 64 octets, got {}", octets.size()));
  return to_bytes(octets);
}

Result<SoftwareComponent> read_component(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Map map, reader.map());
  SoftwareComponent component;
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    TRY(const std::int64_t key, reader.integer());
    CHECK(read_member(reader, component, key));
  }
  if (component.value.empty()) return fail_at(Errc::missing_member, start, "expected measurement-value (2)");
  if (component.signer_id.empty()) return fail_at(Errc::missing_member, start, "expected signer-id (5)");
  return component;
}

json::Object describe(const SoftwareComponent& component) {
  json::Object described;
  if (component.type) described["measurement-type"] = *component.type;
  described["measurement-value"] = to_base64(component.value);
  described["signer-id"] = to_base64(component.signer_id);
  if (component.version) described["version"] = *component.version;
  if (component.description) described["measurement-description"] = *component.description;
  return described;
}

}  // namespace credence::evidence::psa
