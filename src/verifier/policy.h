// What an operator demands beyond the scheme's own rules, and what is tolerated when said explicitly.
#pragma once

#include <cstdint>
#include <functional>
#include <set>

#include "base/result.h"
#include "rats/ear/ear.h"

namespace credence::verifier {

struct Policy {
  // Accept evidence of rot/software, and say so in every result. Never in production.
  bool allow_insecure_test_root = false;
  // Veraison's rules: endorsements without a Name, nonce verbatim as extraData. Never for a channel.
  bool compatibility = false;
  // PCRs of the SHA-256 (or stronger) bank that every quote must cover. PCR 16 and 23 can be reset by anyone and
  // never satisfy it; an empty quote is refused in any case.
  std::set<std::uint8_t> minimum_pcrs = {0, 1, 2};
  // Runs after the scheme on the unsigned result. It may only make it worse: the engine refuses to raise a status.
  std::function<Result<void>(rats::Ear&)> hook;
};

// Runs the hook. Errc::configuration when it raised the status or a claim of a submodule: no result leaves then.
[[nodiscard]] Result<rats::Ear> apply_policy(const Policy& policy, rats::Ear ear);

}  // namespace credence::verifier
