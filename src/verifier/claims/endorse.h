// Conditional endorsements, applied to what is accepted about an attester (draft-ietf-rats-corim section 9.3.6), and
// what is said of domains.
#pragma once

#include "base/result.h"
#include "verifier/claims/accepted_claims.h"
#include "verifier/endorsements.h"
#include "verifier/revocation/identity.h"

namespace credence::verifier {

// Rounds, because what one endorsement adds may be the condition of another. Each statement adds once at most; series
// wait until no other statement is left that applies, so that their first match is the one that the endorser meant.
// Errc::too_deep when kMostRounds do not suffice: an outcome that depends on where the verifier stopped would be none.
// A statement out of its validity adds nothing.
//
// A domain is accepted when all its members are ("Processing dm Relations"), which may be domains. A dependency of what
// is in a domain is met when all trustees are too ("Processing td Relations"), and shown when it is not: a policy that
// demands it must see that. Last, since it adds nothing that others wait for.
// Endorsed values need no condition but their environment; an identity needs one of the keys, or certificates, of
// `attester`, which the evidence was verified with.
[[nodiscard]] Result<void> apply_conditional_endorsements(Endorsements& endorsements, AcceptedClaims& claims,
                                                          const AttesterIdentity& attester = {});

inline constexpr int kMostRounds = 8;

}  // namespace credence::verifier
