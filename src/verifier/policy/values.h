// The words of a policy, under Veraison's names: what it may set, and the values that have a name.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "rats/ear/ear.h"
#include "wire/json/json.h"

namespace credence::verifier {

// "instance_identity", ...: in the order of rats::TrustClaim.
[[nodiscard]] std::span<const std::string_view, rats::kTrustClaims> claim_names() noexcept;
// The same with hyphens, as results spell them.
[[nodiscard]] std::string_view claim_in_result(std::size_t claim) noexcept;

// APPROVED_RT and its like, sorted by name. Two of Veraison's are misspelled: those are here beside the right ones.
struct NamedValue {
  std::string_view name;
  std::int8_t value = 0;
};
[[nodiscard]] std::span<const NamedValue> named_values() noexcept;

// What a policy gives for a claim or for the status: a whole number, or the name of a value in either case. Errc::
// unexpected_type or invalid_value. Zero leaves the claim as it is.
[[nodiscard]] Result<std::int8_t> claim_from(const json::Value& value);
[[nodiscard]] Result<rats::Tier> tier_from(const json::Value& value);

}  // namespace credence::verifier
