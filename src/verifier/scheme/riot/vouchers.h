// Who vouches for a chain: the endorsed authorities that it hangs from.
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "evidence/dice/chain.h"
#include "verifier/scheme/endorsed_authority.h"
#include "verifier/scheme/riot/endorsed.h"
#include "verifier/trace.h"

namespace credence::verifier::riot {

struct Vouchers {
  SomeAuthorities roots;
  SomeAuthorities intermediates;
};
// Of a chain that holds now. Among several roots it is the one that holds the chain up alone. Endorsed intermediates
// count where they signed: one that did not would pass for a key that the evidence was verified with.
[[nodiscard]] Vouchers vouchers_of(const evidence::dice::Chain& chain, const DeviceRoots& known, Timestamp now);
// The chain and them.
[[nodiscard]] std::vector<crypto::Certificate> relied_on(const evidence::dice::Chain& chain, const Vouchers& vouchers);

// The steps of a trace about a chain that holds, and about one that does not: who would vouch for it, whether valid now
// or not, and where no root would, all of them.
void trace_vouchers(Trace& trace, std::string_view submodule, const Vouchers& vouchers, Timestamp now);
void trace_refused_chain(Trace& trace, std::string_view submodule, const evidence::dice::Chain& chain,
                         const DeviceRoots& known, const Result<void>& held, Timestamp now);

}  // namespace credence::verifier::riot
