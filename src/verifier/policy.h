// What an operator demands beyond the schemes' own rules, and what is tolerated when said explicitly. What an operator
// programs is in policy/.
#pragma once

#include <cstdint>
#include <set>

namespace credence::verifier {

struct Policy {
  // Accept evidence of rot/software, and say so in every result. Never in production.
  bool allow_insecure_test_root = false;
  // Veraison's form of a challenge: the nonce verbatim as extraData. As fresh as any other, and never for a channel.
  bool compatibility = false;
  // Endorsements that say as little as Veraison's: an attestation key without its Name, so that nothing says that it is
  // restricted, and for PARSEC_CCA a platform without the realm that has the key. Never for a channel.
  bool insecure_veraison_endorsements = false;
  // PCRs of the SHA-256 (or stronger) bank that every quote must cover. PCR 16 and 23 can be reset by anyone and
  // never satisfy it; an empty quote is refused in any case.
  std::set<std::uint8_t> minimum_pcrs = {0, 1, 2};
};

}  // namespace credence::verifier
