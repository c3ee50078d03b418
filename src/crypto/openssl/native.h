// Between Credence's keys and certificates and OpenSSL's. Only for the folders that may name OpenSSL: crypto/openssl
// itself, channel/openssl, provider, service/http.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/types.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace credence::crypto {

// Owns an object of a C library: Owned<EVP_PKEY, EVP_PKEY_free>.
template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};
template <typename T, auto free_function>
using Owned = std::unique_ptr<T, Free<free_function>>;

using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedKeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using OwnedX509 = Owned<X509, X509_free>;
using OwnedBio = Owned<BIO, BIO_free_all>;

// The text of OpenSSL's oldest error of this thread; empties the queue, so that no later caller mistakes it for his
// own. "no reason given" when the queue is empty.
[[nodiscard]] std::string last_error();

// Errc::crypto_failure with the name of the call that failed and OpenSSL's reason.
[[nodiscard]] std::unexpected<Error> openssl_failure(std::string_view call);

// Success only when OpenSSL returned exactly 1.
[[nodiscard]] Result<void> expect_one(int returned, std::string_view call);

// Borrowed: they live as long as a copy of the handle. Never change them, other threads use them.
[[nodiscard]] EVP_PKEY* native(const PublicKey& key) noexcept;
[[nodiscard]] EVP_PKEY* native(const PrivateKey& key) noexcept;
[[nodiscard]] X509* native(const Certificate& certificate) noexcept;

// Copies into Credence's own library context. The key may live in any provider: only its public part is asked for.
[[nodiscard]] Result<PublicKey> public_key_from(const EVP_PKEY* key);
// Errc::bad_key when the provider of the key does not hand out its private part (a TPM).
[[nodiscard]] Result<PrivateKey> private_key_from(const EVP_PKEY* key);
[[nodiscard]] Result<Certificate> certificate_from(const X509* certificate);

}  // namespace credence::crypto
