#include "evidence/psa/kind.h"

#include "base/text.h"
#include "evidence/psa/token.h"

namespace credence::evidence {
namespace psa {
namespace {

Result<json::Object> describe_token(ByteView octets) {
  TRY(const Token token, decode_token(octets));
  json::Object facts = describe_state(token.claims);
  facts["claims"] = token.describe();
  return facts;
}

}  // namespace

json::Object describe_state(const Claims& claims) {
  return {{"security lifecycle", name(claims.lifecycle)},
          {"instance", to_hex(claims.instance_id)},
          {"implementation", to_hex(claims.implementation_id)},
          {"nonce", to_hex(claims.nonce)}};
}

}  // namespace psa

const Kind& psa_kind() {
  static const Kind kind{
      .name = "PSA",
      .forms = {{.shape = Shape::sign1,
                 .media_types = {psa::kMediaType, psa::kEatMediaType, psa::kLegacyMediaType, psa::kOldMediaType},
                 .format = "PSA token; its signature was not checked",
                 .describe = psa::describe_token}}};
  return kind;
}

}  // namespace credence::evidence
