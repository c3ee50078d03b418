#include "verifier/scheme/sevsnp/field.h"

#include <algorithm>
#include <array>

namespace credence::verifier::sevsnp {
namespace {

using evidence::sevsnp::Report;
using rats::TrustClaim;
using Value = std::optional<FieldValue>;

Bytes big_endian(std::uint64_t value, std::size_t size) {
  Bytes octets(size);
  for (std::size_t i = size; i > 0; --i, value >>= 8) octets[i - 1] = static_cast<std::uint8_t>(value);
  return octets;
}

template <auto member>
Value number(const Report& report) {
  return std::uint64_t{report.*member};
}

template <auto member>
Value octets(const Report& report) {
  return report.*member;
}

template <auto member, std::size_t size>
Value integer_octets(const Report& report) {
  return big_endian(report.*member, size);
}

template <auto member>
Value cpuid(const Report& report) {
  if (!report.cpuid) return std::nullopt;
  return Bytes{(*report.cpuid).*member};
}

template <auto member>
Value firmware(const Report& report) {
  return (report.*member).text();
}

Value report_version(const Report& report) { return std::to_string(report.version); }

constexpr std::int8_t kUnsafeConfiguration = 32;
constexpr std::int8_t kUnsafeHardware = 32;
constexpr std::int8_t kUnrecognisedInstance = 97;

constexpr auto kExecutables = TrustClaim::executables;
constexpr auto kConfiguration = TrustClaim::configuration;
constexpr auto kHardware = TrustClaim::hardware;
constexpr auto kInstance = TrustClaim::instance_identity;
constexpr auto kUnrecognised = rats::kUnrecognisedRuntime;

using evidence::sevsnp::Cpuid;
constexpr std::array<Field, 24> kFields = {{
    {0, "VERSION", FieldKind::version, 0, kHardware, kUnsafeHardware, report_version},
    {1, "GUEST_SVN", FieldKind::svn, 0, kExecutables, kUnrecognised, number<&Report::guest_svn>},
    {kPolicy, "POLICY", FieldKind::raw, 8, kConfiguration, kUnsafeConfiguration, integer_octets<&Report::policy, 8>},
    {3, "FAMILY_ID", FieldKind::raw, 16, kExecutables, kUnrecognised, octets<&Report::family_id>},
    {4, "IMAGE_ID", FieldKind::raw, 16, kExecutables, kUnrecognised, octets<&Report::image_id>},
    {kVmpl, "VMPL", FieldKind::raw, 4, kConfiguration, kUnsafeConfiguration, integer_octets<&Report::vmpl, 4>},
    {6, "CURRENT_TCB", FieldKind::tcb, 0, kHardware, kUnsafeHardware, number<&Report::current_tcb>},
    {kPlatformInfo, "PLATFORM_INFO", FieldKind::raw, 8, kConfiguration, kUnsafeConfiguration,
     integer_octets<&Report::platform_info, 8>},
    {640, "REPORT_DATA", FieldKind::unique, 64, kExecutables, kUnrecognised, octets<&Report::report_data>},
    {kLaunchMeasurement, "MEASUREMENT", FieldKind::digest, 48, kExecutables, kUnrecognised,
     octets<&Report::measurement>},
    {642, "HOST_DATA", FieldKind::raw, 32, kConfiguration, kUnsafeConfiguration, octets<&Report::host_data>},
    {643, "ID_KEY_DIGEST", FieldKind::digest, 48, kExecutables, kUnrecognised, octets<&Report::id_key_digest>},
    {644, "AUTHOR_KEY_DIGEST", FieldKind::digest, 48, kExecutables, kUnrecognised, octets<&Report::author_key_digest>},
    {645, "REPORT_ID", FieldKind::unique, 32, kExecutables, kUnrecognised, octets<&Report::report_id>},
    {kReportIdMa, "REPORT_ID_MA", FieldKind::raw, 32, kConfiguration, kUnsafeConfiguration,
     octets<&Report::report_id_ma>},
    {647, "REPORTED_TCB", FieldKind::tcb, 0, kHardware, kUnsafeHardware, number<&Report::reported_tcb>},
    {648, "CPUID_FAM_ID", FieldKind::raw, 1, kHardware, kUnsafeHardware, cpuid<&Cpuid::family>},
    {649, "CPUID_MOD_ID", FieldKind::raw, 1, kHardware, kUnsafeHardware, cpuid<&Cpuid::model>},
    {650, "CPUID_STEP", FieldKind::raw, 1, kHardware, kUnsafeHardware, cpuid<&Cpuid::stepping>},
    {kChipId, "CHIP_ID", FieldKind::raw, 64, kInstance, kUnrecognisedInstance, octets<&Report::chip_id>},
    {3329, "COMMITTED_TCB", FieldKind::tcb, 0, kHardware, kUnsafeHardware, number<&Report::committed_tcb>},
    {3330, "CURRENT_VERSION", FieldKind::version, 0, kHardware, kUnsafeHardware, firmware<&Report::current_version>},
    {3936, "COMMITTED_VERSION", FieldKind::version, 0, kHardware, kUnsafeHardware,
     firmware<&Report::committed_version>},
    {3968, "LAUNCH_TCB", FieldKind::tcb, 0, kHardware, kUnsafeHardware, number<&Report::launch_tcb>},
}};

}  // namespace

std::span<const Field> fields() { return kFields; }

const Field* find_field(std::uint64_t mkey) {
  const auto* const found = std::ranges::find(kFields, mkey, &Field::mkey);
  return found == kFields.end() ? nullptr : found;
}

}  // namespace credence::verifier::sevsnp
