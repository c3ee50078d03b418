#include "evidence/sevsnp/report.h"

#include <algorithm>
#include <format>

#include "base/text.h"

namespace credence::evidence::sevsnp {
namespace {

constexpr std::uint32_t kEcdsaP384Sha384 = 1;
constexpr std::size_t kScalar = 72;        // octets of R and of S
constexpr std::size_t kScalarOctets = 48;  // of them used

// Fields one after the other. The length of the whole is checked before: no field can be missing.
class Fields {
 public:
  explicit Fields(ByteView octets) : octets_(octets) {}

  std::uint64_t integer(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i > 0; --i) value = value << 8 | octets_[at_ + i - 1];
    at_ += size;
    return value;
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(integer(1)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() { return integer(8); }
  Bytes fixed(std::size_t size) {
    const ByteView field = octets_.subspan(at_, size);
    at_ += size;
    return to_bytes(field);
  }
  // A field that the firmware must leave zero: in another report it could mean that one of the others means something
  // else.
  Result<void> reserved(std::size_t size) {
    const ByteView field = octets_.subspan(at_, size);
    at_ += size;
    const auto set = std::ranges::find_if(field, [](std::uint8_t octet) { return octet != 0; });
    if (set == field.end()) return {};
    return fail_at(Errc::unsupported, at_ - static_cast<std::size_t>(field.end() - set),
                   "a reserved field of the report is set: this version of it is not known here");
  }

 private:
  ByteView octets_;
  std::size_t at_ = 0;
};

Result<void> read_key_information(std::uint32_t information, Report& report) {
  constexpr std::uint32_t kAuthorKey = 1;
  constexpr std::uint32_t kMaskChipKey = 2;
  constexpr std::uint32_t kReserved = ~0x1fU;
  if ((information & kReserved) != 0)
    return fail_at(Errc::unsupported, 0x48, "a reserved bit of the key information is set");
  // The firmware then writes zeros in place of the signature.
  if ((information & kMaskChipKey) != 0)
    return fail_at(Errc::unsupported, 0x48, "MASK_CHIP_KEY is set: the host has this platform sign no reports");
  report.has_author_key = (information & kAuthorKey) != 0;
  const std::uint32_t key = information >> 2 & 7;
  if (key > 1)
    return fail_at(Errc::unsupported, 0x48, std::format("SIGNING_KEY: expected 0 (VCEK) or 1 (VLEK), got {}", key));
  report.signing_key = key == 0 ? SigningKey::vcek : SigningKey::vlek;
  return {};
}

Result<void> read_guest(Fields& fields, Report& report) {
  report.version = fields.u32();
  if (report.version != 2 && report.version != 3 && report.version != 5)
    return fail_at(Errc::unsupported, 0,
                   std::format("expected a report of version 2, 3 or 5, got version {}", report.version));
  report.guest_svn = fields.u32();
  report.policy = fields.u64();
  report.family_id = fields.fixed(16);
  report.image_id = fields.fixed(16);
  report.vmpl = fields.u32();
  if (const std::uint32_t algorithm = fields.u32(); algorithm != kEcdsaP384Sha384)
    return fail_at(Errc::unsupported, 0x34,
                   std::format("SIGNATURE_ALGO: expected 1 (ECDSA P-384 with SHA-384), got {}", algorithm));
  report.current_tcb = fields.u64();
  report.platform_info = fields.u64();
  CHECK(read_key_information(fields.u32(), report));
  CHECK(fields.reserved(4));
  report.report_data = fields.fixed(64);
  report.measurement = fields.fixed(48);
  report.host_data = fields.fixed(32);
  report.id_key_digest = fields.fixed(48);
  report.author_key_digest = fields.fixed(48);
  report.report_id = fields.fixed(32);
  report.report_id_ma = fields.fixed(32);
  return {};
}

Result<FirmwareVersion> read_firmware(Fields& fields) {
  FirmwareVersion version;
  version.build = fields.u8();
  version.minor = fields.u8();
  version.major = fields.u8();
  CHECK(fields.reserved(1));
  return version;
}

Result<void> read_platform(Fields& fields, Report& report) {
  report.reported_tcb = fields.u64();
  if (report.version >= 3) {
    report.cpuid.emplace();
    report.cpuid->family = fields.u8();
    report.cpuid->model = fields.u8();
    report.cpuid->stepping = fields.u8();
    CHECK(fields.reserved(21));
  } else {
    CHECK(fields.reserved(24));
  }
  report.chip_id = fields.fixed(64);
  report.committed_tcb = fields.u64();
  TRY(report.current_version, read_firmware(fields));
  TRY(report.committed_version, read_firmware(fields));
  report.launch_tcb = fields.u64();
  if (report.version >= 5) {
    report.launch_mitigations = fields.u64();
    report.current_mitigations = fields.u64();
    return fields.reserved(152);
  }
  return fields.reserved(168);
}

// R and S, little endian, with zeros above.
Result<Bytes> read_scalar(Fields& fields) {
  Bytes scalar = fields.fixed(kScalarOctets);
  CHECK(fields.reserved(kScalar - kScalarOctets));
  std::ranges::reverse(scalar);
  return scalar;
}

std::string hex(std::uint64_t value) { return std::format("0x{:016x}", value); }

}  // namespace

std::string_view name(SigningKey key) noexcept { return key == SigningKey::vcek ? "VCEK" : "VLEK"; }

std::string FirmwareVersion::text() const { return std::format("{}.{}.{}", major, minor, build); }

bool Report::has_migration_agent() const {
  return std::ranges::any_of(report_id_ma, [](std::uint8_t octet) { return octet != 0xff; });
}

Result<Report> decode_report(ByteView octets) {
  if (octets.size() != kReportSize)
    return fail(octets.size() < kReportSize ? Errc::truncated : Errc::too_large,
                std::format("expected a report of {} octets, got {}", kReportSize, octets.size()));
  Fields fields(octets);
  Report report;
  CHECK(read_guest(fields, report));
  CHECK(read_platform(fields, report));
  TRY(report.r, read_scalar(fields));
  TRY(report.s, read_scalar(fields));
  CHECK(fields.reserved(kReportSize - kSignedSize - 2 * kScalar));
  report.signed_octets = to_bytes(octets.first(kSignedSize));
  return report;
}

json::Object claims_of(const Report& report) {
  json::Object claims{{"version", report.version},
                      {"guest-svn", report.guest_svn},
                      {"policy", hex(report.policy)},
                      {"debug", (report.policy & kPolicyDebug) != 0},
                      {"migration-agent-allowed", (report.policy & kPolicyMigrationAgent) != 0},
                      {"smt-allowed", (report.policy & kPolicySmt) != 0},
                      {"family-id", to_hex(report.family_id)},
                      {"image-id", to_hex(report.image_id)},
                      {"vmpl", report.vmpl},
                      {"current-tcb", hex(report.current_tcb)},
                      {"platform-info", hex(report.platform_info)},
                      {"signing-key", name(report.signing_key)},
                      {"report-data", to_hex(report.report_data)},
                      {"measurement", to_hex(report.measurement)},
                      {"host-data", to_hex(report.host_data)},
                      {"id-key-digest", to_hex(report.id_key_digest)},
                      {"author-key-digest", to_hex(report.author_key_digest)},
                      {"report-id", to_hex(report.report_id)},
                      {"report-id-ma", to_hex(report.report_id_ma)},
                      {"reported-tcb", hex(report.reported_tcb)},
                      {"chip-id", to_hex(report.chip_id)},
                      {"committed-tcb", hex(report.committed_tcb)},
                      {"current-version", report.current_version.text()},
                      {"committed-version", report.committed_version.text()},
                      {"launch-tcb", hex(report.launch_tcb)}};
  if (report.cpuid)
    claims["cpuid"] = json::Object{
        {"family", report.cpuid->family}, {"model", report.cpuid->model}, {"stepping", report.cpuid->stepping}};
  if (report.version >= 5) {
    claims["launch-mitigations"] = hex(report.launch_mitigations);
    claims["current-mitigations"] = hex(report.current_mitigations);
  }
  return claims;
}

}  // namespace credence::evidence::sevsnp
