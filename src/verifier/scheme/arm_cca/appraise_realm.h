// What a realm says of itself, against what is endorsed of it.
#pragma once

#include "evidence/cca/realm.h"
#include "verifier/endorsements.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier::cca {

// Of an authentic token. Sets instance-identity and executables:
//   2  an approved realm: its initial measurement, its personalization value where one is stated, and all four
//   extensible
//      measurements
//   33 not approved, or nothing is known of this initial measurement by this algorithm, or an extensible measurement is
//      not endorsed
//   96 an endorsed realm with another personalization value than any that is endorsed for it
void appraise_realm(const evidence::cca::RealmClaims& claims, Endorsements& endorsements,
                    Appraised::Submodule& submodule);

}  // namespace credence::verifier::cca
