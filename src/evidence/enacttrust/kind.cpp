#include "evidence/enacttrust/kind.h"

#include "evidence/enacttrust/token.h"
#include "evidence/tpm/kind.h"

namespace credence::evidence {
namespace enacttrust {
namespace {

Result<json::Object> describe_token(ByteView octets) {
  TRY(const Token token, decode_token(octets));
  return json::Object{{"node", token.node.text()},
                      {"quote", tpm::describe(token.quote)},
                      {"signature", tpm::describe(token.signature)}};
}

}  // namespace
}  // namespace enacttrust

const Kind& enacttrust_kind() {
  static const Kind kind{.name = "EnactTrust",
                         .forms = {{.shape = Shape::binary,
                                    .media_types = {enacttrust::kMediaType},
                                    .format = "EnactTrust evidence (node and quote)",
                                    .describe = enacttrust::describe_token}}};
  return kind;
}

}  // namespace credence::evidence
