// What the ESYS callbacks share: a library context of their own and the algorithms fetched from it, once.
#pragma once

#include <openssl/evp.h>
#include <tss2/tss2_esys.h>

#include <array>

#include "crypto/openssl/native.h"

namespace credence::rot::tpm2 {

// Read-only once it is made: any number of ESYS contexts and threads use it at the same time.
class CachedCrypto {
 public:
  struct Hash {
    TPM2_ALG_ID id = TPM2_ALG_NULL;
    crypto::Owned<EVP_MD, EVP_MD_free> digest;
    crypto::Owned<EVP_MAC_CTX, EVP_MAC_CTX_free> keyless_hmac;  // copied for each HMAC: no fetch, and no key stays
  };

  // Null when OpenSSL lacks an algorithm.
  [[nodiscard]] static const CachedCrypto* instance();

  [[nodiscard]] OSSL_LIB_CTX* library() const noexcept { return library_.get(); }
  [[nodiscard]] const Hash* hash(TPM2_ALG_ID id) const noexcept;
  [[nodiscard]] const EVP_CIPHER* aes_cfb(unsigned bits) const noexcept;  // 128, 192, 256; null for others

 private:
  [[nodiscard]] bool fetch();
  [[nodiscard]] bool fetch_hash(Hash& hash, TPM2_ALG_ID id, const char* name, EVP_MAC* hmac) const;

  // Not the process's context: a TPM key behind a provider there could be called back from inside a TPM command.
  crypto::Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free> library_{OSSL_LIB_CTX_new()};
  std::array<Hash, 4> hashes_;
  std::array<crypto::Owned<EVP_CIPHER, EVP_CIPHER_free>, 3> aes_cfb_;
};

[[nodiscard]] inline const CachedCrypto& cached(void* userdata) noexcept {
  return *static_cast<const CachedCrypto*>(userdata);
}

inline constexpr TSS2_RC kCryptoFailed = TSS2_ESYS_RC_GENERAL_FAILURE;
inline constexpr TSS2_RC kCryptoUnsupported = TSS2_ESYS_RC_NOT_IMPLEMENTED;

// The salt of a session under an ECC parent (TPM 2.0 part 1, annex C.6.1) and under an RSA parent (annex B.10.2).
TSS2_RC get_ecdh_point(TPM2B_PUBLIC* parent, std::size_t capacity, TPM2B_ECC_PARAMETER* z, TPMS_ECC_POINT* q, BYTE* out,
                       std::size_t* out_size, void* userdata) noexcept;
TSS2_RC rsa_encrypt(TPM2B_PUBLIC* parent, std::size_t in_size, BYTE* in, std::size_t capacity, BYTE* out,
                    std::size_t* out_size, const char* label, void* userdata) noexcept;

}  // namespace credence::rot::tpm2
