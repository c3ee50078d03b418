#include "verifier/policy/values.h"

#include <algorithm>
#include <format>
#include <limits>
#include <optional>
#include <string>

namespace credence::verifier {
namespace {

constexpr std::array<std::string_view, rats::kTrustClaims> kClaims = {
    "instance_identity", "configuration",  "executables",    "file_system",
    "hardware",          "runtime_opaque", "storage_opaque", "sourced_data",
};
constexpr std::array<std::string_view, rats::kTrustClaims> kClaimsInResults = {
    "instance-identity", "configuration",  "executables",    "file-system",
    "hardware",          "runtime-opaque", "storage-opaque", "sourced-data",
};

// draft-ietf-rats-ar4si section 2.3.
constexpr std::array kValues = {
    NamedValue{"AFFIRMING", 2},
    NamedValue{"APPROVED_BOOT", 3},
    NamedValue{"APPROVED_CONFIG", 2},
    NamedValue{"APPROVED_FS", 2},
    NamedValue{"APPROVED_RT", 2},
    NamedValue{"CONTRAINDICATED", 96},
    NamedValue{"CONTRAINDICATED_FS", 96},
    NamedValue{"CONTRAINDICATED_HW", 96},
    NamedValue{"CONTRAINDICATED_RT", 96},
    NamedValue{"CONTRAINDICATED_SOURCES", 96},
    NamedValue{"CRYPTO_FAILED", 99},
    NamedValue{"ENCRYPTED_RT", 2},
    NamedValue{"GENUINE_HW", 2},
    NamedValue{"HW_ENCRYPTED_SECRETS", 2},
    NamedValue{"ISOLATED_RT", 32},
    NamedValue{"NO_CLAIM", 0},
    NamedValue{"RECOGNIZED_INSTANCE", 2},
    NamedValue{"SAFE_CONFIG", 3},
    NamedValue{"SW_ENCRYPTED_SECRETS", 32},
    NamedValue{"TRUSTED_SOURCES", 2},
    NamedValue{"UNENCRYPTED_SECRETES", 96},
    NamedValue{"UNENCRYPTED_SECRETS", 96},
    NamedValue{"UNEXECTED_EVIDENCE", 1},
    NamedValue{"UNEXPECTED_EVIDENCE", 1},
    NamedValue{"UNRECOGNIZED_FS", 32},
    NamedValue{"UNRECOGNIZED_HW", 97},
    NamedValue{"UNRECOGNIZED_INSTANCE", 97},
    NamedValue{"UNRECOGNIZED_RT", 33},
    NamedValue{"UNSAFE_CONFIG", 32},
    NamedValue{"UNSAFE_HW", 32},
    NamedValue{"UNSAFE_RT", 32},
    NamedValue{"UNSUPPORTABLE_CONFIG", 96},
    NamedValue{"UNTRUSTED_SOURCES", 32},
    NamedValue{"UNTRUSTWORTHY_INSTANCE", 96},
    NamedValue{"VERIFIER_MALFUNCTION", -1},
    NamedValue{"VISIBLE_RT", 96},
    NamedValue{"WARNING", 32},
};
static_assert(std::ranges::is_sorted(kValues, {}, &NamedValue::name));

std::string upper(std::string_view text) {
  std::string made(text);
  for (char& letter : made)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  return made;
}

// Rego and Lua both may write 2.0 for 2.
std::optional<std::int64_t> whole_number(const json::Value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64() && value.get_uint64() <= 127) return static_cast<std::int64_t>(value.get_uint64());
  if (value.is_double() && value.get_double() >= -128 && value.get_double() <= 127) {
    const auto whole = static_cast<std::int64_t>(value.get_double());
    if (static_cast<double>(whole) == value.get_double()) return whole;
  }
  return std::nullopt;
}

Result<std::int64_t> number_from(const json::Value& value) {
  if (value.is_string()) {
    const std::string name = upper(value.get_string());
    const auto* const found = std::ranges::lower_bound(kValues, name, {}, &NamedValue::name);
    if (found != kValues.end() && found->name == name) return found->value;
    return fail(Errc::invalid_value, std::format("no trust claim has a value of the name \"{}\"",
                                                 std::string_view(value.get_string()).substr(0, 40)));
  }
  const auto number = whole_number(value);
  if (!number) return fail(Errc::unexpected_type, "expected a whole number or the name of a value");
  return *number;
}

}  // namespace

std::span<const std::string_view, rats::kTrustClaims> claim_names() noexcept { return kClaims; }
std::string_view claim_in_result(std::size_t claim) noexcept { return kClaimsInResults[claim]; }
std::span<const NamedValue> named_values() noexcept { return kValues; }

Result<std::int8_t> claim_from(const json::Value& value) {
  TRY(const std::int64_t number, number_from(value));
  if (number < std::numeric_limits<std::int8_t>::min() || number > std::numeric_limits<std::int8_t>::max())
    return fail(Errc::invalid_value, std::format("a trust claim lies between -128 and 127, got {}", number));
  return static_cast<std::int8_t>(number);
}

Result<rats::Tier> tier_from(const json::Value& value) {
  TRY(const std::int64_t number, number_from(value));
  for (const rats::Tier tier :
       {rats::Tier::none, rats::Tier::affirming, rats::Tier::warning, rats::Tier::contraindicated})
    if (number == std::to_underlying(tier)) return tier;
  return fail(
      Errc::invalid_value,
      std::format("a status is affirming (2), warning (32) or contraindicated (96), or 0 to leave it; got {}", number));
}

}  // namespace credence::verifier
