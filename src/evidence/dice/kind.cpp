#include "evidence/dice/kind.h"

#include "base/text.h"
#include "evidence/dice/chain.h"

namespace credence::evidence {
namespace dice {
namespace {

json::Object facts_of(const Chain& chain) {
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
  facts["measurements"] = claims_of(chain);
  return facts;
}

Result<json::Object> describe_pem_chain(ByteView octets) {
  TRY(const Chain chain, decode_chain(kPemChain, octets));
  if (chain.certificates.size() == 1 && chain.measurements.front().empty())
    return fail(Errc::missing_member, "one certificate that measures nothing is no evidence");
  return facts_of(chain);
}

Result<json::Object> describe_signed_nonce(ByteView octets) {
  return decode_chain(kSignedNonce, octets).transform(facts_of);
}

}  // namespace
}  // namespace dice

const Kind& dice_kind() {
  static constexpr std::string_view kFormat = "DICE evidence (certificate chain); no signature was checked";
  static const Kind kind{.name = "DICE",
                         .forms = {{.shape = Shape::pem,
                                    .media_types = {dice::kPemChain},
                                    .format = kFormat,
                                    .describe = dice::describe_pem_chain},
                                   {.shape = Shape::sign1,
                                    .media_types = {dice::kSignedNonce},
                                    .format = kFormat,
                                    .describe = dice::describe_signed_nonce}}};
  return kind;
}

}  // namespace credence::evidence
