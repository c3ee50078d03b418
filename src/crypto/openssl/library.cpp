#include "crypto/openssl/library.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "crypto/openssl/native.h"

namespace credence::crypto {
namespace {

template <typename T>
T* required(T* object, const char* what) {
  if (object == nullptr) throw std::runtime_error(std::string("OpenSSL: ") + what + ": " + last_error());
  return object;
}

class Library {
 public:
  Library() : context_(required(OSSL_LIB_CTX_new(), "OSSL_LIB_CTX_new")) {
    required(OSSL_PROVIDER_load(context_, "default"), "OSSL_PROVIDER_load");
    EVP_MAC* hmac = required(EVP_MAC_fetch(context_, OSSL_MAC_NAME_HMAC, nullptr), "EVP_MAC_fetch");
    for (const HashAlgorithm algorithm : {HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512}) {
      digests_[std::to_underlying(algorithm)] =
          required(EVP_MD_fetch(context_, digest_name(algorithm), nullptr), "EVP_MD_fetch");
      hmacs_[std::to_underlying(algorithm)] = make_hmac(hmac, algorithm);
    }
    EVP_MAC_free(hmac);  // the contexts keep it
  }

  [[nodiscard]] OSSL_LIB_CTX* context() const noexcept { return context_; }
  [[nodiscard]] const EVP_MD* digest(HashAlgorithm algorithm) const {
    return digests_.at(std::to_underlying(algorithm));
  }
  [[nodiscard]] const EVP_MAC_CTX* hmac(HashAlgorithm algorithm) const {
    return hmacs_.at(std::to_underlying(algorithm));
  }

 private:
  static EVP_MAC_CTX* make_hmac(EVP_MAC* hmac, HashAlgorithm algorithm) {
    EVP_MAC_CTX* made = required(EVP_MAC_CTX_new(hmac), "EVP_MAC_CTX_new");
    const std::array<OSSL_PARAM, 2> params{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest_name(algorithm)), 0),
        OSSL_PARAM_construct_end()};
    if (EVP_MAC_CTX_set_params(made, params.data()) != 1) required<void>(nullptr, "EVP_MAC_CTX_set_params");
    return made;
  }

  OSSL_LIB_CTX* context_;
  std::array<EVP_MD*, 3> digests_{};
  std::array<EVP_MAC_CTX*, 3> hmacs_{};
};

const Library& library() {
  // Deliberately never destroyed: a key in a static object may be freed after any destructor that could stand here.
  static const Library& made = *new Library;
  return made;
}

}  // namespace

OSSL_LIB_CTX* library_context() { return library().context(); }

const EVP_MD* message_digest(HashAlgorithm algorithm) { return library().digest(algorithm); }

const char* digest_name(HashAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case HashAlgorithm::sha256:
      return "SHA2-256";
    case HashAlgorithm::sha384:
      return "SHA2-384";
    case HashAlgorithm::sha512:
      return "SHA2-512";
  }
  return "";
}

const EVP_MAC_CTX* hmac_template(HashAlgorithm algorithm) { return library().hmac(algorithm); }

}  // namespace credence::crypto
