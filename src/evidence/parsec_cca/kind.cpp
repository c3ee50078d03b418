#include "evidence/parsec_cca/kind.h"

#include "base/text.h"
#include "evidence/cca/kind.h"
#include "evidence/parsec_cca/bundle.h"

namespace credence::evidence {
namespace parsec_cca {
namespace {

Result<json::Object> describe_bundle(ByteView octets) {
  TRY(const Bundle bundle, decode_bundle(octets));
  return json::Object{
      {"kat", json::Object{{"nonce", to_hex(bundle.nonce.view())}, {"attested key", to_hex(bundle.key.spki())}}},
      {"pat", cca::describe(bundle.pat)}};
}

}  // namespace
}  // namespace parsec_cca

const Kind& parsec_cca_kind() {
  static const Kind kind{.name = "keys of CCA realms",
                         .forms = {{.shape = Shape::cbor,
                                    .media_types = {parsec_cca::kMediaType},
                                    .format = "CCA evidence of a key (kat and pat); its signatures were not checked",
                                    .describe = parsec_cca::describe_bundle}}};
  return kind;
}

}  // namespace credence::evidence
