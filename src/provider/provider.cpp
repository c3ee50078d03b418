#include "provider/provider.h"

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <format>

#include "provider/dispatch.h"
#include "provider/key.h"

namespace credence::provider {
namespace {

constexpr char kName[] = "credence";
constexpr char kProperties[] = "provider=credence";

const OSSL_ALGORITHM* algorithms(void*, int operation, int* no_cache) {
  static const OSSL_ALGORITHM keys[] = {
      {"EC:id-ecPublicKey:1.2.840.10045.2.1", kProperties, key_management(), "keys of a root of trust"}, {}};
  static const OSSL_ALGORITHM signatures[] = {{"ECDSA", kProperties, signature(), "signatures of a root of trust"}, {}};
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_KEYMGMT:
      return keys;
    case OSSL_OP_SIGNATURE:
      return signatures;
    default:
      return nullptr;
  }
}

int start_provider(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH*, const OSSL_DISPATCH** out, void** context) {
  static const OSSL_DISPATCH functions[] = {entry<algorithms>(OSSL_FUNC_PROVIDER_QUERY_OPERATION), OSSL_DISPATCH_END};
  *out = functions;
  // There is no state, but OpenSSL takes a null context for a failure of newctx.
  *context = const_cast<OSSL_CORE_HANDLE*>(handle);
  return 1;
}

Result<OSSL_LIB_CTX*> make_library_context() {
  ERR_clear_error();
  crypto::Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free> context(OSSL_LIB_CTX_new());
  if (!context) return crypto::openssl_failure("OSSL_LIB_CTX_new");
  CHECK(crypto::expect_one(OSSL_PROVIDER_add_builtin(context.get(), kName, Shim<start_provider>::call),
                           "OSSL_PROVIDER_add_builtin"));
  // The default provider has the encoder of SubjectPublicKeyInfo, which X509_set_pubkey() looks for beside the key.
  for (const char* name : {"default", kName})
    if (OSSL_PROVIDER_load(context.get(), name) == nullptr) return crypto::openssl_failure("OSSL_PROVIDER_load");
  return context.release();
}

// Made at first use and kept until the process ends: an EVP_PKEY must not outlive its library context, and an
// application may keep one in a static object.
Result<OSSL_LIB_CTX*> library_context() {
  static const Result<OSSL_LIB_CTX*> made = make_library_context();
  return made;
}

Result<void> check_usable(const rot::TlsKey& key) {
  const crypto::KeyType type = key.public_key().type();
  if (type == crypto::KeyType::rsa || type == crypto::KeyType::ed25519)
    return fail(Errc::unsupported_algorithm, std::format("expected an EC key for ECDSA, got {}", name(type)));
  if (!default_hash(key))
    return fail(Errc::unsupported_algorithm,
                std::format("this {} key signs over none of SHA-256, SHA-384 and SHA-512", name(type)));
  return {};
}

}  // namespace

Result<crypto::OwnedKey> private_key(std::shared_ptr<rot::TlsKey> key, const Options& options) {
  if (!key) return fail(Errc::usage, "expected a TLS key of a root of trust, got none");
  CHECK(check_usable(*key));
  TRY(OSSL_LIB_CTX* const library, library_context());
  const crypto::OwnedKeyContext context(EVP_PKEY_CTX_new_from_name(library, "EC", kProperties));
  if (!context) return crypto::openssl_failure("EVP_PKEY_CTX_new_from_name");
  CHECK(crypto::expect_one(EVP_PKEY_fromdata_init(context.get()), "EVP_PKEY_fromdata_init"));
  const Key content{.tls_key = std::move(key), .deadline = options.deadline};
  const Key* address = &content;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(kKeyParameter, static_cast<void*>(&address), sizeof(const Key*)),
      OSSL_PARAM_END};
  EVP_PKEY* made = nullptr;
  CHECK(crypto::expect_one(EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, parameters), "EVP_PKEY_fromdata"));
  return crypto::OwnedKey(made);
}

}  // namespace credence::provider
