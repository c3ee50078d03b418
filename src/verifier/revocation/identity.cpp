#include "verifier/revocation/identity.h"

#include "crypto/certificate_name.h"
#include "crypto/hash.h"

namespace credence::verifier {

std::vector<Bytes> keys_of(std::span<const crypto::Certificate> path) {
  std::vector<Bytes> keys;
  for (const crypto::Certificate& certificate : path) keys.push_back(to_bytes(certificate.spki()));
  return keys;
}

Result<CorimSignerIdentity> identity_of(const crypto::Certificate& certificate) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, certificate.spki()));
  return CorimSignerIdentity{.key_digest = to_bytes(digest.view()),
                             .serial = crypto::serial_of(certificate),
                             .issuer = crypto::issuer_of(certificate),
                             .authority = {.tag = rats::kTagPkixAsn1DerCert, .value = to_bytes(certificate.der())}};
}

}  // namespace credence::verifier
