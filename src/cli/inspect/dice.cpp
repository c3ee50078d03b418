// A chain of DICE certificates, as facts.
#include "base/text.h"
#include "cli/inspect/describe.h"
#include "evidence/dice/chain.h"

namespace credence::cli {

json::Object describe_dice_chain(const evidence::dice::Chain& chain) {
  json::Object facts;
  json::Array certificates;
  for (const crypto::Certificate& certificate : chain.certificates)
    certificates.push_back(json::Object{{"subject", certificate.subject()},
                                        {"not before", to_rfc3339(certificate.not_before())},
                                        {"not after", to_rfc3339(certificate.not_after())}});
  facts["certificates"] = std::move(certificates);
  if (chain.leaf_nonce) facts["TcbFreshness of the leaf"] = to_hex(*chain.leaf_nonce);
  json::Array nonces;
  for (const Bytes& nonce : chain.proof_nonces) nonces.emplace_back(to_hex(nonce));
  if (chain.proof) facts["nonces that the leaf signed"] = std::move(nonces);
  facts["measurements"] = evidence::dice::claims_of(chain);
  return facts;
}

}  // namespace credence::cli
