// The CoRIM profiles of CCA, and the keys under which their statements are stored.
#pragma once

#include <string_view>

#include "rats/corim/comid.h"
#include "verifier/scheme/arm_platform/read.h"

namespace credence::verifier::cca {

inline constexpr std::string_view kPlatformProfile = "tag:arm.com,2025:cca_platform#1.0.0";
inline constexpr std::string_view kRealmProfile = "tag:arm.com,2025:cca_realm#1.0.0";
inline constexpr std::string_view kOldPlatformProfile = "http://arm.com/cca/ssd/1";

// An implementation id may have the octets of an initial measurement: without a prefix the one would be found as the
// other.
inline constexpr std::string_view kPlatformPrefix = "platform";
inline constexpr std::string_view kRealmPrefix = "realm";

[[nodiscard]] arm::Vocabulary vocabulary_of(std::string_view profile);
// Whether a triple is about realms: its mkeys are.
[[nodiscard]] bool is_about_realms(const rats::ReferenceTriple& triple) noexcept;
[[nodiscard]] Bytes reference_key(std::string_view prefix, ByteView id);

}  // namespace credence::verifier::cca
