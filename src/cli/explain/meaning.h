// The values of trustworthiness claims and the reasons of refusals, in words.
#pragma once

#include <cstdint>
#include <string_view>

#include "rats/ear/ear.h"

namespace credence::cli {

// What a value of this claim means (draft-ietf-rats-ar4si section 2.3.4); for one that the draft does not list, what
// its tier means.
[[nodiscard]] std::string_view meaning_of(rats::TrustClaim claim, std::int8_t value) noexcept;

// What to do about a refusal with this code (policy-claims "code"); empty when there is nothing better than its text.
[[nodiscard]] std::string_view advice_for(std::string_view code) noexcept;

}  // namespace credence::cli
