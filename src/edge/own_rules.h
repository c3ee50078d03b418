// Rules of the relying party's own (--policy), over answers of CoSERV: these have no place for identities, domains and
// dependencies, so a rule that waits for one waits for ever.
#pragma once

#include <string_view>

#include "base/result.h"
#include "rats/ear/ear.h"
#include "verifier/policy/policies.h"

namespace credence::edge {

// Errc::configuration for rules that read what only such statements have, as far as their text shows: who wrote them
// means something that is never known here. Null is nothing to check.
[[nodiscard]] Result<void> check_own_rules(const verifier::Policies* policies);

// Whether the rules for this scheme read `endorsements`, as far as their text shows. Those in another language than Lua
// are given them always.
[[nodiscard]] bool read_endorsements(const verifier::Policies* policies, std::string_view scheme);

// Other rules over what is endorsed may wait for them too: the result says what was not there.
void warn_of_unknown(const verifier::Policies* policies, std::string_view scheme, rats::Ear& ear);

}  // namespace credence::edge
