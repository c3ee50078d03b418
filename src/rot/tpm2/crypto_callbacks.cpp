#include "rot/tpm2/crypto_callbacks.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <new>
#include <utility>

#include "rot/tpm2/cached_crypto.h"
#include "rot/tpm2/response_code.h"

// tss2_esys.h leaves this type to whoever implements the callbacks. Exactly one of the two is set.
struct ESYS_CRYPTO_CONTEXT_BLOB {
  credence::crypto::Owned<EVP_MD_CTX, EVP_MD_CTX_free> hash;
  credence::crypto::Owned<EVP_MAC_CTX, EVP_MAC_CTX_free> mac;
};

namespace credence::rot::tpm2 {
namespace {

// Success only when OpenSSL said so. Its error queue stays clean: it belongs to the application.
TSS2_RC result(bool succeeded) noexcept {
  if (succeeded) return TSS2_RC_SUCCESS;
  ERR_clear_error();
  return kCryptoFailed;
}

// --- hash ---

TSS2_RC hash_start(ESYS_CRYPTO_CONTEXT_BLOB** context, TPM2_ALG_ID id, void* userdata) noexcept {
  const auto* algorithm = cached(userdata).hash(id);
  if (algorithm == nullptr) return kCryptoUnsupported;
  std::unique_ptr<ESYS_CRYPTO_CONTEXT_BLOB> made(new (std::nothrow) ESYS_CRYPTO_CONTEXT_BLOB);
  if (!made) return kCryptoFailed;
  made->hash.reset(EVP_MD_CTX_new());
  if (EVP_DigestInit_ex2(made->hash.get(), algorithm->digest.get(), nullptr) != 1) return result(false);
  *context = made.release();
  return TSS2_RC_SUCCESS;
}

TSS2_RC hash_update(ESYS_CRYPTO_CONTEXT_BLOB* context, const std::uint8_t* data, std::size_t size, void*) noexcept {
  return result(EVP_DigestUpdate(context->hash.get(), data, size) == 1);
}

// On an early return the context stays: Esys then calls abort, which frees it.
TSS2_RC hash_finish(ESYS_CRYPTO_CONTEXT_BLOB** context, std::uint8_t* out, std::size_t* size, void*) noexcept {
  EVP_MD_CTX* hash = (*context)->hash.get();
  const int digest_size = EVP_MD_CTX_get_size(hash);
  if (digest_size <= 0 || *size < static_cast<std::size_t>(digest_size)) return TSS2_ESYS_RC_BAD_SIZE;
  if (EVP_DigestFinal_ex(hash, out, nullptr) != 1) return result(false);
  *size = static_cast<std::size_t>(digest_size);
  delete std::exchange(*context, nullptr);
  return TSS2_RC_SUCCESS;
}

// KDFe ends its hash context with hmac_abort: one function must serve both kinds.
void abort_either(ESYS_CRYPTO_CONTEXT_BLOB** context, void*) noexcept {
  if (context != nullptr) delete std::exchange(*context, nullptr);
}

// --- HMAC ---

TSS2_RC hmac_start(ESYS_CRYPTO_CONTEXT_BLOB** context, TPM2_ALG_ID id, const std::uint8_t* key, std::size_t size,
                   void* userdata) noexcept {
  const auto* algorithm = cached(userdata).hash(id);
  if (algorithm == nullptr) return kCryptoUnsupported;
  std::unique_ptr<ESYS_CRYPTO_CONTEXT_BLOB> made(new (std::nothrow) ESYS_CRYPTO_CONTEXT_BLOB);
  if (!made) return kCryptoFailed;
  made->mac.reset(EVP_MAC_CTX_dup(algorithm->keyless_hmac.get()));
  if (!made->mac || EVP_MAC_init(made->mac.get(), key, size, nullptr) != 1) return result(false);
  *context = made.release();
  return TSS2_RC_SUCCESS;
}

TSS2_RC hmac_update(ESYS_CRYPTO_CONTEXT_BLOB* context, const std::uint8_t* data, std::size_t size, void*) noexcept {
  return result(EVP_MAC_update(context->mac.get(), data, size) == 1);
}

TSS2_RC hmac_finish(ESYS_CRYPTO_CONTEXT_BLOB** context, std::uint8_t* out, std::size_t* size, void*) noexcept {
  if (*size < EVP_MAC_CTX_get_mac_size((*context)->mac.get())) return TSS2_ESYS_RC_BAD_SIZE;
  if (EVP_MAC_final((*context)->mac.get(), out, size, *size) != 1) return result(false);
  delete std::exchange(*context, nullptr);
  return TSS2_RC_SUCCESS;
}

// --- random numbers and parameter encryption ---

TSS2_RC get_random2b(TPM2B_NONCE* nonce, std::size_t count, void* userdata) noexcept {
  if (count > sizeof nonce->buffer) return TSS2_ESYS_RC_BAD_SIZE;
  nonce->size = static_cast<UINT16>(count == 0 ? sizeof nonce->buffer : count);
  return result(RAND_bytes_ex(cached(userdata).library(), nonce->buffer, nonce->size, 0) == 1);
}

TSS2_RC aes_cfb(const CachedCrypto& crypto, int encrypt, const std::uint8_t* key, TPM2_ALG_ID algorithm,
                TPMI_AES_KEY_BITS bits, TPM2_ALG_ID mode, std::uint8_t* buffer, std::size_t size,
                const std::uint8_t* iv) noexcept {
  const EVP_CIPHER* cipher = crypto.aes_cfb(bits);
  if (cipher == nullptr || algorithm != TPM2_ALG_AES || mode != TPM2_ALG_CFB) return kCryptoUnsupported;
  const crypto::Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
  int written = 0;
  return result(context && EVP_CipherInit_ex2(context.get(), cipher, key, iv, encrypt, nullptr) == 1 &&
                EVP_CipherUpdate(context.get(), buffer, &written, buffer, static_cast<int>(size)) == 1);
}

TSS2_RC aes_encrypt(std::uint8_t* key, TPM2_ALG_ID algorithm, TPMI_AES_KEY_BITS bits, TPM2_ALG_ID mode,
                    std::uint8_t* buffer, std::size_t size, std::uint8_t* iv, void* userdata) noexcept {
  return aes_cfb(cached(userdata), 1, key, algorithm, bits, mode, buffer, size, iv);
}

TSS2_RC aes_decrypt(std::uint8_t* key, TPM2_ALG_ID algorithm, TPMI_AES_KEY_BITS bits, TPM2_ALG_ID mode,
                    std::uint8_t* buffer, std::size_t size, std::uint8_t* iv, void* userdata) noexcept {
  return aes_cfb(cached(userdata), 0, key, algorithm, bits, mode, buffer, size, iv);
}

}  // namespace

Result<void> set_crypto_callbacks(ESYS_CONTEXT* context) {
  const CachedCrypto* crypto = CachedCrypto::instance();
  if (crypto == nullptr) return fail(Errc::crypto_failure, "OpenSSL lacks an algorithm that TPM sessions need");
  // All are mandatory but SM4, which no session here uses, and init.
  ESYS_CRYPTO_CALLBACKS callbacks{.rsa_pk_encrypt = rsa_encrypt,
                                  .hash_start = hash_start,
                                  .hash_update = hash_update,
                                  .hash_finish = hash_finish,
                                  .hash_abort = abort_either,
                                  .hmac_start = hmac_start,
                                  .hmac_update = hmac_update,
                                  .hmac_finish = hmac_finish,
                                  .hmac_abort = abort_either,
                                  .get_random2b = get_random2b,
                                  .get_ecdh_point = get_ecdh_point,
                                  .aes_encrypt = aes_encrypt,
                                  .aes_decrypt = aes_decrypt,
                                  .sm4_encrypt = nullptr,
                                  .sm4_decrypt = nullptr,
                                  .init = nullptr,
                                  .userdata = const_cast<CachedCrypto*>(crypto)};
  return check(Esys_SetCryptoCallbacks(context, &callbacks), "Esys_SetCryptoCallbacks");
}

}  // namespace credence::rot::tpm2
