#include "verifier/scheme/arm_platform/read.h"

#include <format>
#include <utility>

namespace credence::verifier::arm {
namespace {

constexpr std::size_t kInstanceId = 33;
constexpr std::uint8_t kUeidRand = 0x01;

// What is left after the members that are compared have been taken out.
Result<void> check_empty(const rats::MeasurementValues& rest) {
  if (rats::member_count(rest) != 0)
    return fail_in(Errc::unsupported, "mval", "there is a member that this profile does not compare");
  return {};
}

Result<ApprovedDigests> take_digests(rats::MeasurementValues& values) {
  if (values.digests.empty()) return fail_in(Errc::missing_member, "mval.digests", "expected a digest, got none");
  return approve(std::exchange(values.digests, {}));
}

Result<std::vector<Bytes>> take_signers(rats::MeasurementValues& values) {
  std::vector<Bytes> signers;
  for (rats::CryptoKey& key : std::exchange(values.keys, {})) {
    if (key.tag != rats::kTagBytes)
      return fail_in(Errc::unexpected_type, "mval.cryptokeys",
                     std::format("expected the signer-id as bytes (tag 560), got tag {}", key.tag));
    signers.push_back(std::move(key.value));
  }
  return signers;
}

Result<ComponentStatement> read_component(rats::MeasurementValues values) {
  ComponentStatement statement;
  TRY(statement.digests, take_digests(values));
  TRY(statement.signers, take_signers(values));
  statement.type = std::exchange(values.name, {});
  if (const auto version = std::exchange(values.version, {})) statement.version = version->version;
  CHECK(check_empty(values));
  return statement;
}

}  // namespace

Result<Bytes> class_of(const rats::Environment& environment) {
  if (environment.group) return fail(Errc::invalid_value, "environment: a group is not allowed");
  if (!environment.class_map) return fail(Errc::missing_member, "environment: class is missing");
  const auto& id = environment.class_map->id;
  if (!id) return fail(Errc::missing_member, "environment.class: id is missing");
  if (id->tag != rats::kTagBytes)
    return fail(Errc::unexpected_type,
                std::format("environment.class.id: expected bytes (tag 560), got tag {}", id->tag));
  return id->value;
}

Result<Bytes> implementation_of(const rats::Environment& environment) {
  TRY(Bytes id, class_of(environment));
  if (id.size() != kImplementationId)
    return fail(Errc::invalid_value,
                std::format("environment.class.id: expected an implementation of {} octets, got {}", kImplementationId,
                            id.size()));
  return id;
}

Result<Bytes> anchor_key_of(const rats::Environment& environment) {
  TRY(const Bytes implementation, implementation_of(environment));
  const auto& instance = environment.instance;
  if (!instance) return fail(Errc::missing_member, "environment: instance is missing");
  if (instance->tag != rats::kTagUeid)
    return fail(Errc::unexpected_type,
                std::format("environment.instance: expected a UEID (tag 550), got tag {}", instance->tag));
  if (instance->value.size() != kInstanceId || instance->value.front() != kUeidRand)
    return fail(Errc::invalid_value,
                std::format("environment.instance: expected a UEID of type RAND (1) and {} octets", kInstanceId));
  return anchor_key(implementation, instance->value);
}

// Both have a fixed length, so that no two pairs are one key.
Bytes anchor_key(ByteView implementation, ByteView instance) {
  Bytes key = to_bytes(implementation);
  append(key, instance);
  return key;
}

Result<crypto::PublicKey> key_of(const rats::KeyTriple& triple) {
  if (triple.measurement_key || !triple.authorized_by.empty())
    return fail(Errc::unsupported, "conditions: an attestation key has none in this profile");
  if (triple.keys.size() != 1)
    return fail(Errc::invalid_value, std::format("expected exactly one key, got {}", triple.keys.size()));
  const rats::CryptoKey& key = triple.keys.front();
  if (key.tag != rats::kTagPkixBase64Key)
    return fail(Errc::unexpected_type, std::format("expected a pkix-base64-key (tag 554), got tag {}", key.tag));
  return rats::public_key_of(key);
}

Result<std::string_view> mkey_of(const rats::Measurement& measurement) {
  if (!measurement.key) return fail(Errc::missing_member, "mkey is missing");
  const auto* text = std::get_if<std::string>(&*measurement.key);
  if (text == nullptr) return fail(Errc::unexpected_type, "mkey: expected text");
  return *text;
}

Result<ApprovedDigests> digests_of(rats::MeasurementValues values) {
  TRY(ApprovedDigests digests, take_digests(values));
  CHECK(check_empty(values));
  return digests;
}

Result<rats::RawValue> raw_value_of(rats::MeasurementValues values) {
  const auto raw_value = std::exchange(values.raw_value, {});
  if (!raw_value) return fail_in(Errc::missing_member, "mval.raw-value", "expected a raw value, got none");
  CHECK(check_empty(values));
  return *raw_value;
}

Result<PlatformStatement> read_measurement(const rats::Measurement& measurement, const Vocabulary& vocabulary) {
  TRY(const std::string_view mkey, mkey_of(measurement));
  if (mkey == vocabulary.component) return read_component(measurement.values);
  if (mkey == vocabulary.config && !vocabulary.config.empty()) return raw_value_of(measurement.values);
  return fail(Errc::invalid_value, std::format("mkey: expected {}{}{}, got {}", vocabulary.component,
                                               vocabulary.config.empty() ? "" : " or ", vocabulary.config, mkey));
}

Result<std::vector<PlatformStatement>> read_measurements(const rats::ReferenceTriple& triple,
                                                         const Vocabulary& vocabulary) {
  if (triple.measurements.empty()) return fail(Errc::missing_member, "no measurement");
  std::vector<PlatformStatement> statements;
  for (const rats::Measurement& measurement : triple.measurements) {
    auto statement = read_measurement(measurement, vocabulary);
    if (!statement) return within(std::format("[{}]", statements.size()), std::move(statement).error());
    statements.push_back(*std::move(statement));
  }
  return statements;
}

}  // namespace credence::verifier::arm
