// ATTESTATION_REPORT of SEV-SNP (AMD 56860 "SEV Secure Nested Paging Firmware ABI", section 7.3), versions 2, 3 and 5.
//
// 1184 octets, integers little endian; the signature covers the first 672.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/json/json.h"

namespace credence::evidence::sevsnp {

inline constexpr std::size_t kReportSize = 1184;
inline constexpr std::size_t kSignedSize = 672;

// SIGNING_KEY: which key endorses the report.
enum class SigningKey : std::uint8_t { vcek, vlek };
[[nodiscard]] std::string_view name(SigningKey key) noexcept;

// POLICY.
inline constexpr std::uint64_t kPolicySmt = 1ULL << 16;
inline constexpr std::uint64_t kPolicyMigrationAgent = 1ULL << 18;
inline constexpr std::uint64_t kPolicyDebug = 1ULL << 19;
inline constexpr std::uint64_t kPolicyKnown = (1ULL << 26) - 1;
// PLATFORM_INFO.
inline constexpr std::uint64_t kPlatformSmt = 1;

struct FirmwareVersion {
  std::uint8_t major = 0;
  std::uint8_t minor = 0;
  std::uint8_t build = 0;
  [[nodiscard]] std::string text() const;  // "1.55.40"
};

struct Cpuid {
  std::uint8_t family = 0;  // with the extended family added
  std::uint8_t model = 0;
  std::uint8_t stepping = 0;
};

// TCB_VERSIONs are kept as they came, read as integers: how they are divided depends on the product (tcb.h).
struct Report {
  std::uint32_t version = 0;
  std::uint32_t guest_svn = 0;
  std::uint64_t policy = 0;
  Bytes family_id;  // 16
  Bytes image_id;   // 16
  std::uint32_t vmpl = 0;
  std::uint64_t current_tcb = 0;
  std::uint64_t platform_info = 0;
  SigningKey signing_key{};
  bool has_author_key = false;
  Bytes report_data;        // 64
  Bytes measurement;        // 48
  Bytes host_data;          // 32
  Bytes id_key_digest;      // 48
  Bytes author_key_digest;  // 48
  Bytes report_id;          // 32
  Bytes report_id_ma;       // 32
  std::uint64_t reported_tcb = 0;
  std::optional<Cpuid> cpuid;  // from version 3 on
  Bytes chip_id;               // 64, zeros where the host masks it
  std::uint64_t committed_tcb = 0;
  FirmwareVersion current_version;
  FirmwareVersion committed_version;
  std::uint64_t launch_tcb = 0;
  std::uint64_t launch_mitigations = 0;   // from version 5 on
  std::uint64_t current_mitigations = 0;  // from version 5 on
  Bytes signed_octets;                    // what the signature covers
  Bytes r;                                // 48, big endian
  Bytes s;                                // 48, big endian

  // REPORT_ID_MA is all ones where no migration agent is bound to the guest.
  [[nodiscard]] bool has_migration_agent() const;
};

// Errc::too_large or truncated for another length, Errc::unsupported for another version or signature algorithm, a
// report without a signature (MASK_CHIP_KEY) and reserved fields that are set: what they mean is not known here.
[[nodiscard]] Result<Report> decode_report(ByteView octets);

// The fields by the names of AMD's specification, in lower case: what policies see.
[[nodiscard]] json::Object claims_of(const Report& report);

}  // namespace credence::evidence::sevsnp
