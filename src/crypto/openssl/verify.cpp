// Checks of signatures. Success is exactly one value of OpenSSL's; everything else is Errc::bad_signature.
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <format>

#include "crypto/algorithm.h"
#include "crypto/openssl/key_state.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"
#include "crypto/openssl/rsa_padding.h"

namespace credence::crypto {
namespace {

// EVP_PKEY_verify and EVP_DigestVerify answer 1 for a good signature, 0 or a negative number otherwise. The queue is
// emptied either way: what a bad signature leaves there would look like a TLS error to the application.
Result<void> judge(int answer) {
  ERR_clear_error();
  if (answer == 1) return {};
  return fail(Errc::bad_signature, "the signature does not verify with this key");
}

Result<void> verify_rsa(EVP_PKEY* key, SignatureScheme scheme, const Digest& digest, ByteView signature) {
  const OwnedKeyContext context(EVP_PKEY_CTX_new_from_pkey(library_context(), key, nullptr));
  if (!context) return openssl_failure("EVP_PKEY_CTX_new_from_pkey");
  CHECK(expect_one(EVP_PKEY_verify_init(context.get()), "EVP_PKEY_verify_init"));
  CHECK(set_rsa_padding(context.get(), scheme, digest.algorithm()));
  return judge(
      EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.view().data(), digest.view().size()));
}

Result<void> verify_ed25519(EVP_PKEY* key, ByteView message, ByteView signature) {
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  if (!context) return openssl_failure("EVP_MD_CTX_new");
  CHECK(expect_one(EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, library_context(), nullptr, key, nullptr),
                   "EVP_DigestVerifyInit_ex"));
  return judge(EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()));
}

std::unexpected<Error> wrong_key(std::string_view wanted, KeyType got) {
  return fail(Errc::unsupported_algorithm, std::format("expected {} key, got {}", wanted, name(got)));
}

}  // namespace

Result<void> PublicKey::verify(SignatureAlgorithm algorithm, ByteView message, ByteView signature) const {
  CHECK(check_algorithm_fits(algorithm, type()));
  const auto [scheme, hash] = parts(algorithm);
  if (!hash) return verify_ed25519(state_->key.get(), message, signature);
  if (scheme == SignatureScheme::ecdsa) {
    // RFC 7518 section 3.4: r and s have exactly the length of the field, so that each signature has one form.
    const std::size_t field = field_size(type());
    if (signature.size() != 2 * field) {
      return fail(Errc::bad_signature,
                  std::format("expected a signature of {} octets, got {}", 2 * field, signature.size()));
    }
    TRY(const Digest hashed, digest(*hash, message));
    return verify_ecdsa(hashed, signature.first(field), signature.subspan(field));
  }
  TRY(const Digest hashed, digest(*hash, message));
  return verify_rsa(state_->key.get(), scheme, hashed, signature);
}

Result<void> PublicKey::verify_ecdsa(const Digest& digest, ByteView r, ByteView s) const {
  if (!state_->verify_context) return wrong_key("an EC", type());
  TRY(const Bytes der, ecdsa_to_der(r, s));
  const OwnedKeyContext context(EVP_PKEY_CTX_dup(state_->verify_context.get()));
  if (!context) return openssl_failure("EVP_PKEY_CTX_dup");
  return judge(EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.view().data(), digest.view().size()));
}

Result<void> PublicKey::verify_rsassa(const Digest& digest, ByteView signature) const {
  if (type() != KeyType::rsa) return wrong_key("an RSA", type());
  return verify_rsa(state_->key.get(), SignatureScheme::rsassa_pkcs1, digest, signature);
}

}  // namespace credence::crypto
