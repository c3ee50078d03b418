#include "crypto/openssl/certificate_builder.h"
#include "provider/provider.h"

namespace credence::provider {

Result<crypto::Certificate> self_signed_certificate(EVP_PKEY* key, const crypto::SelfSigned& fields) {
  TRY(const crypto::PublicKey public_key, crypto::public_key_from(key));
  return crypto::build_certificate(public_key, fields, {.key = key, .type = public_key.type()});
}

}  // namespace credence::provider
