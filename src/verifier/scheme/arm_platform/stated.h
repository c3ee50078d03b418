// What a token of Arm's states in CoRIM's terms: what conditional endorsements and domains are matched with.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "evidence/psa/claims.h"
#include "rats/corim/measurement.h"
#include "verifier/claims/accepted_claims.h"
#include "verifier/scheme/arm_platform/read.h"

namespace credence::verifier::arm {

// The mkey of the security lifecycle, a number: its states are ranges (RFC 9783 section 4.3.1). Credence's own, no
// profile names it.
inline constexpr std::string_view kLifecycle = "credence.security-lifecycle";

// As reference values of such a component are written.
[[nodiscard]] rats::Environment environment_of(const Bytes& implementation);

// Of the platform, whose implementation is the class and whose instance is the instance, on the word of the endorsed
// key (DER SPKI). All components have one mkey, so a condition on a component is met where there is only one.
[[nodiscard]] AcceptedClaim stated_platform(const evidence::psa::Claims& claims, const Vocabulary& vocabulary,
                                            ByteView key);

}  // namespace credence::verifier::arm
