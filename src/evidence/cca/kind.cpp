#include "evidence/cca/kind.h"

#include <utility>

#include "base/text.h"
#include "evidence/psa/kind.h"

namespace credence::evidence {
namespace cca {
namespace {

Result<json::Object> describe_token(ByteView octets) { return decode_token(octets).transform(describe); }

}  // namespace

json::Object describe(const Token& token) {
  json::Object platform = psa::describe_state(token.platform.claims);
  platform["claims"] = token.platform.describe();
  const RealmClaims& claims = token.realm.claims;
  json::Object realm{{"initial measurement", to_hex(claims.initial_measurement)},
                     {"challenge", to_hex(claims.challenge)},
                     {"attestation key", to_hex(token.realm.public_key.spki())},
                     {"claims", token.realm.describe()}};
  return {{"platform", std::move(platform)}, {"realm", std::move(realm)}};
}

}  // namespace cca

const Kind& cca_kind() {
  static const Kind kind{.name = "CCA",
                         .forms = {{.shape = Shape::cbor,
                                    .media_types = {cca::kMediaType},
                                    .format = "CCA token; its signatures were not checked",
                                    .describe = cca::describe_token}}};
  return kind;
}

}  // namespace credence::evidence
