#include "verifier/scheme/arm_cca/realm_values.h"

#include <algorithm>
#include <format>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "verifier/scheme/arm_cca/profile.h"
#include "verifier/scheme/arm_platform/read.h"

namespace credence::verifier::cca {
namespace {

constexpr std::string_view kInitialMeasurement = "cca.rim";
constexpr std::string_view kPersonalizationValue = "cca.rpv";
constexpr std::array<std::string_view, evidence::cca::kExtensibleMeasurements> kExtensibleMeasurement = {
    "cca.rem0", "cca.rem1", "cca.rem2", "cca.rem3"};

bool is_mkey_of_realms(std::string_view mkey) noexcept {
  return mkey == kInitialMeasurement || mkey == kPersonalizationValue ||
         std::ranges::contains(kExtensibleMeasurement, mkey);
}

// Otherwise the statement is found under one realm and speaks of another.
Result<void> read_initial_measurement(const rats::Measurement& measurement, RealmStatement& statement) {
  TRY(statement.initial_digests, arm::digests_of(measurement.values));
  if (std::ranges::contains(statement.initial_digests.all, statement.initial_measurement, &rats::CorimDigest::value))
    return {};
  return fail(Errc::invalid_value, std::format("{}: expected the value of the class among its digests, {}",
                                               kInitialMeasurement, to_hex(statement.initial_measurement)));
}

Result<void> read_measurement(const rats::Measurement& measurement, std::string_view mkey, RealmStatement& statement) {
  if (mkey == kInitialMeasurement) return read_initial_measurement(measurement, statement);
  if (mkey == kPersonalizationValue) {
    TRY(statement.personalization_value, arm::raw_value_of(measurement.values));
    return {};
  }
  const auto* found = std::ranges::find(kExtensibleMeasurement, mkey);
  if (found == kExtensibleMeasurement.end())
    return fail(Errc::invalid_value, std::format("mkey: expected {}, cca.rem0 to cca.rem3 or {}, got {}",
                                                 kInitialMeasurement, kPersonalizationValue, mkey));
  const auto index = static_cast<std::size_t>(found - kExtensibleMeasurement.begin());
  TRY(statement.extensible_measurements[index], arm::digests_of(measurement.values));
  return {};
}

}  // namespace

arm::Vocabulary vocabulary_of(std::string_view profile) {
  return profile == kOldPlatformProfile ? arm::kOldCca : arm::kCca;
}

bool is_about_realms(const rats::ReferenceTriple& triple) noexcept {
  return std::ranges::any_of(triple.measurements, [](const rats::Measurement& measurement) {
    const auto* mkey = measurement.key ? std::get_if<std::string>(&*measurement.key) : nullptr;
    return mkey != nullptr && is_mkey_of_realms(*mkey);
  });
}

Bytes reference_key(std::string_view prefix, ByteView id) {
  Bytes key = to_bytes(as_bytes(prefix));
  append(key, id);
  return key;
}

Result<RealmStatement> read_realm(const rats::ReferenceTriple& triple) {
  RealmStatement statement;
  TRY(statement.initial_measurement, arm::class_of(triple.environment));
  if (triple.environment.instance)
    return fail(Errc::invalid_value,
                "environment: reference values of realms are for an initial measurement, an "
                "instance is not allowed");
  std::vector<std::string_view> seen;
  for (const rats::Measurement& measurement : triple.measurements) {
    TRY(const std::string_view mkey, arm::mkey_of(measurement));
    if (std::ranges::contains(seen, mkey)) return fail(Errc::duplicate_key, std::format("mkey {} occurs twice", mkey));
    seen.push_back(mkey);
    if (auto read = read_measurement(measurement, mkey, statement); !read) return within(mkey, std::move(read).error());
  }
  if (!std::ranges::contains(seen, kInitialMeasurement))
    return fail(Errc::missing_member, std::format("expected a measurement {}", kInitialMeasurement));
  return statement;
}

Result<void> add_realm_values(const rats::ReferenceTriple& triple, Content& content) {
  TRY(const RealmStatement statement, read_realm(triple));
  return content.add(Topic::reference_values, reference_key(kRealmPrefix, statement.initial_measurement),
                     TripleKind::reference_values, triple);
}

Result<std::shared_ptr<const Endorsed>> join_realm_values(std::span<const Statement> statements) {
  auto joined = std::make_shared<RealmValues>();
  for (const Statement& statement : statements) {
    TRY(RealmStatement read, read_realm(statement.values()));
    Periods validity;
    validity.add(statement.origin->validity);
    joined->realms.push_back(
        {.statement = std::move(read), .validity = std::move(validity), .source = Source(*statement.origin)});
  }
  return joined;
}

}  // namespace credence::verifier::cca
