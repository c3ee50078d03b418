#include "rot/tpm2/cached_crypto.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <string>

namespace credence::rot::tpm2 {

const CachedCrypto* CachedCrypto::instance() {
  // Never freed: an ESYS context may outlive any order of destruction at exit.
  static const CachedCrypto* const made = [] {
    auto crypto = std::make_unique<CachedCrypto>();
    const bool complete = crypto->fetch();
    ERR_clear_error();
    return complete ? crypto.release() : nullptr;
  }();
  return made;
}

bool CachedCrypto::fetch() {
  const crypto::Owned<EVP_MAC, EVP_MAC_free> hmac(EVP_MAC_fetch(library_.get(), "HMAC", nullptr));
  aes_cfb_[0].reset(EVP_CIPHER_fetch(library_.get(), "AES-128-CFB", nullptr));
  aes_cfb_[1].reset(EVP_CIPHER_fetch(library_.get(), "AES-192-CFB", nullptr));
  aes_cfb_[2].reset(EVP_CIPHER_fetch(library_.get(), "AES-256-CFB", nullptr));
  return hmac && std::ranges::all_of(aes_cfb_, [](const auto& cipher) { return cipher != nullptr; }) &&
         fetch_hash(hashes_[0], TPM2_ALG_SHA1, "SHA1", hmac.get()) &&
         fetch_hash(hashes_[1], TPM2_ALG_SHA256, "SHA256", hmac.get()) &&
         fetch_hash(hashes_[2], TPM2_ALG_SHA384, "SHA384", hmac.get()) &&
         fetch_hash(hashes_[3], TPM2_ALG_SHA512, "SHA512", hmac.get());
}

bool CachedCrypto::fetch_hash(Hash& hash, TPM2_ALG_ID id, const char* name, EVP_MAC* hmac) const {
  std::string digest = name;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
                                   OSSL_PARAM_END};
  hash.id = id;
  hash.digest.reset(EVP_MD_fetch(library_.get(), name, nullptr));
  hash.keyless_hmac.reset(EVP_MAC_CTX_new(hmac));
  return hash.digest && hash.keyless_hmac && EVP_MAC_CTX_set_params(hash.keyless_hmac.get(), parameters) == 1;
}

const CachedCrypto::Hash* CachedCrypto::hash(TPM2_ALG_ID id) const noexcept {
  const auto found = std::ranges::find(hashes_, id, &Hash::id);
  return found == hashes_.end() ? nullptr : &*found;
}

const EVP_CIPHER* CachedCrypto::aes_cfb(unsigned bits) const noexcept {
  switch (bits) {
    case 128:
      return aes_cfb_[0].get();
    case 192:
      return aes_cfb_[1].get();
    case 256:
      return aes_cfb_[2].get();
    default:
      return nullptr;
  }
}

}  // namespace credence::rot::tpm2
