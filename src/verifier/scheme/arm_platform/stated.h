// What a token of Arm's states in CoRIM's terms: what conditional endorsements and domains are matched with.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "evidence/psa/claims.h"
#include "rats/corim/measurement.h"
#include "verifier/claims/accepted_claims.h"
#include "verifier/scheme/arm_platform/read.h"

namespace credence::verifier::arm {

// As reference values of such a component and of such a digest are written.
[[nodiscard]] rats::CorimDigest digest_of(const Bytes& value);
[[nodiscard]] rats::Environment environment_of(const Bytes& implementation);

// Of the platform, whose implementation is the class and whose instance is the instance, on the word of the endorsed
// key (DER SPKI). All components have one mkey, so a condition on a component is met where there is only one.
[[nodiscard]] AcceptedClaim stated_platform(const evidence::psa::Claims& claims, const Vocabulary& vocabulary,
                                            ByteView key);

}  // namespace credence::verifier::arm
