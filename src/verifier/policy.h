// What an operator demands beyond the schemes' own rules, and what is tolerated when said explicitly. What an operator
// programs is in policy/.
#pragma once

#include <cstdint>
#include <set>

namespace credence::verifier {

struct Policy {
  // Accept evidence of rot/software, and say so in every result. Never in production.
  bool allow_insecure_test_root = false;
  // Veraison's rules: endorsements without a Name, nonce verbatim as extraData. Never for a channel.
  bool compatibility = false;
  // PCRs of the SHA-256 (or stronger) bank that every quote must cover. PCR 16 and 23 can be reset by anyone and
  // never satisfy it; an empty quote is refused in any case.
  std::set<std::uint8_t> minimum_pcrs = {0, 1, 2};
};

}  // namespace credence::verifier
