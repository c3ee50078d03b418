// Conditional endorsements, applied to what is accepted about an attester (draft-ietf-rats-corim section 9.3.6).
#pragma once

#include "base/result.h"
#include "verifier/claims/accepted_claims.h"
#include "verifier/endorsements.h"

namespace credence::verifier {

// Rounds, because what one endorsement adds may be the condition of another. Each statement adds once at most; series
// wait until no other statement is left that applies, so that their first match is the one that the endorser meant.
// Errc::too_deep when kMostRounds do not suffice: an outcome that depends on where the verifier stopped would be none.
// A statement out of its validity adds nothing.
[[nodiscard]] Result<void> apply_conditional_endorsements(Endorsements& endorsements, AcceptedClaims& claims);

inline constexpr int kMostRounds = 8;

}  // namespace credence::verifier
