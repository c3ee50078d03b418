// The fields of a report that reference values can name, by the mkeys that Veraison's tools write.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "evidence/sevsnp/report.h"
#include "rats/ear/ear.h"

namespace credence::verifier::sevsnp {

inline constexpr std::uint64_t kPolicy = 2;
inline constexpr std::uint64_t kVmpl = 5;
inline constexpr std::uint64_t kPlatformInfo = 7;
inline constexpr std::uint64_t kLaunchMeasurement = 641;
inline constexpr std::uint64_t kReportIdMa = 646;
inline constexpr std::uint64_t kChipId = 3328;

// In which value of a measurement a field stands.
enum class FieldKind : std::uint8_t {
  svn,
  tcb,     // svn too, compared part by part
  raw,     // big endian
  digest,  // SHA-384
  version,
  unique,  // of one report: nothing that could be expected
};

using FieldValue = std::variant<std::uint64_t, Bytes, std::string>;

struct Field {
  std::uint64_t mkey = 0;
  std::string_view name;  // as AMD spells it
  FieldKind kind{};
  std::size_t size = 0;  // of raw values, in octets
  // What a mismatch says about the attester.
  rats::TrustClaim claim{};
  std::int8_t mismatch = 0;
  // Empty where this version of the report has no such field.
  std::optional<FieldValue> (*value)(const evidence::sevsnp::Report&) = nullptr;
};

[[nodiscard]] std::span<const Field> fields();
// Null: no such field.
[[nodiscard]] const Field* find_field(std::uint64_t mkey);

}  // namespace credence::verifier::sevsnp
