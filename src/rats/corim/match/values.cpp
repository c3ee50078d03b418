// draft-ietf-rats-corim sections 9.4.4 to 9.4.6: all members of a measurement, and all measurements of a condition.
#include <algorithm>

#include "rats/corim/match/match.h"

namespace credence::rats::match {
namespace {

template <typename T, typename Rule>
bool holds(const std::optional<T>& condition, const std::optional<T>& actual, Rule rule) {
  return !condition || (actual && rule(*condition, *actual));
}

template <typename T>
bool equals(const std::optional<T>& condition, const std::optional<T>& actual) noexcept {
  return !condition || condition == actual;
}

bool is_empty(const MeasurementValues& values) noexcept {
  return !values.version && !values.svn && values.digests.empty() && !values.raw_value && !values.mac_address &&
         !values.ip_address && !values.serial_number && !values.ueid && !values.uuid && !values.name &&
         values.keys.empty() && values.integrity_registers.empty() && !values.int_range && values.others.empty() &&
         std::ranges::none_of(values.flags, [](const auto& flag) { return flag.has_value(); });
}

std::optional<std::string_view> first_different_name(const MeasurementValues& condition,
                                                     const MeasurementValues& actual) noexcept {
  if (!equals(condition.mac_address, actual.mac_address)) return "mac-addr";
  if (!equals(condition.ip_address, actual.ip_address)) return "ip-addr";
  if (!equals(condition.serial_number, actual.serial_number)) return "serial-number";
  if (!equals(condition.ueid, actual.ueid)) return "ueid";
  if (!equals(condition.uuid, actual.uuid)) return "uuid";
  if (!equals(condition.name, actual.name)) return "name";
  return std::nullopt;
}

// One measurement of the condition against the one of the same mkey.
bool meets(const Measurement& condition, std::span<const Measurement> actual, std::span<const CryptoKey> authority) {
  const Measurement* found = nullptr;
  for (const Measurement& measurement : actual) {
    if (measurement.key != condition.key) continue;
    if (found != nullptr) return false;
    found = &measurement;
  }
  return found != nullptr && !first_difference(condition.values, found->values) &&
         authorities(condition.authorized_by, authority);
}

}  // namespace

std::optional<std::string_view> first_difference(const MeasurementValues& condition,
                                                 const MeasurementValues& actual) noexcept {
  if (is_empty(condition)) return "mval";
  if (!condition.others.empty()) return "unknown member";
  if (!holds(condition.version, actual.version, versions)) return "version";
  if (!holds(condition.svn, actual.svn, security_versions)) return "svn";
  if (!condition.digests.empty() && !digests(condition.digests, actual.digests)) return "digests";
  if (!flags(condition.flags, actual.flags)) return "flags";
  if (!holds(condition.raw_value, actual.raw_value, raw_values)) return "raw-value";
  if (!condition.keys.empty() && !crypto_keys(condition.keys, actual.keys)) return "cryptokeys";
  if (!condition.integrity_registers.empty() &&
      !integrity_registers(condition.integrity_registers, actual.integrity_registers)) {
    return "integrity-registers";
  }
  if (!holds(condition.int_range, actual.int_range, ranges)) return "int-range";
  return first_different_name(condition, actual);
}

bool measurements(std::span<const Measurement> condition, std::span<const Measurement> actual,
                  std::span<const CryptoKey> authority) {
  return std::ranges::all_of(condition,
                             [&](const Measurement& expected) { return meets(expected, actual, authority); });
}

}  // namespace credence::rats::match
