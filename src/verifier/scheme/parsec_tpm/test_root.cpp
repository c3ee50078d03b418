#include "verifier/scheme/parsec_tpm/test_root.h"

#include <algorithm>

#include "base/weak.h"
#include "evidence/media_types.h"
#include "evidence/test_root.h"

namespace credence::verifier {
namespace {

// A certificate that carries the published key, as its subject's key. Looked for as octets: the one DER encoding of
// the key stands in the certificate as it is, and no parser can be led astray.
bool carries_test_key(ByteView certificate) {
  return !std::ranges::search(certificate, evidence::kTestRootSpki).empty();
}

}  // namespace

bool is_test_root(std::string_view media_type, const evidence::tpm::Bundle& bundle, const TrustAnchor& anchor) {
  return media_type == evidence::kSoftwareTest || equal(anchor.key.spki(), evidence::kTestRootSpki) ||
         (anchor.record && anchor.record->maker == evidence::kTestRootMaker) ||
         (bundle.ext && std::ranges::any_of(bundle.ext->chain, carries_test_key));
}

// protocol.md 2.7: the test root's key is published, so everybody can make such evidence (A20). The media type is only
// one of its marks: an attacker would choose another one.
Result<void> check_test_root(std::string_view media_type, const evidence::tpm::Bundle& bundle,
                             const TrustAnchor& anchor, const Policy& policy) {
  if (weak::removed(weak::Check::test_root) || policy.allow_insecure_test_root ||
      !is_test_root(media_type, bundle, anchor))
    return {};
  return fail(Errc::test_root_refused,
              "the evidence is of the software test root, whose key is published: it proves nothing. Only a test may "
              "set allow_insecure_test_root");
}

}  // namespace credence::verifier
