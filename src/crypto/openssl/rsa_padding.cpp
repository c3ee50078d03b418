#include "crypto/openssl/rsa_padding.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {

Result<void> set_rsa_padding(EVP_PKEY_CTX* context, SignatureScheme scheme, HashAlgorithm hash) {
  const bool pss = scheme == SignatureScheme::rsassa_pss;
  CHECK(expect_one(EVP_PKEY_CTX_set_rsa_padding(context, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING),
                   "EVP_PKEY_CTX_set_rsa_padding"));
  CHECK(expect_one(EVP_PKEY_CTX_set_signature_md(context, message_digest(hash)), "EVP_PKEY_CTX_set_signature_md"));
  if (!pss) return {};
  CHECK(expect_one(EVP_PKEY_CTX_set_rsa_mgf1_md(context, message_digest(hash)), "EVP_PKEY_CTX_set_rsa_mgf1_md"));
  return expect_one(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST),
                    "EVP_PKEY_CTX_set_rsa_pss_saltlen");
}

}  // namespace credence::crypto
