// The attester's TLS key and a leaf for it in an SSL_CTX.
#include <openssl/ssl.h>

#include <chrono>

#include "base/clock.h"
#include "credence/tls.h"
#include "crypto/openssl/native.h"
#include "provider/provider.h"
#include "rot/attester.h"

namespace credence {
namespace {

// A self-signed leaf says nothing but "this is my key": its dates only have to contain the present, also on a device
// whose clock is off by a day.
constexpr std::chrono::hours kBefore{24};
constexpr std::chrono::hours kAfter{24 * 365};

Result<crypto::OwnedKey> private_key_of(SSL_CTX* context, const Attester& attester) {
  if (context == nullptr || attester == nullptr) return fail(Errc::usage, "expected an SSL_CTX and an attester");
  return provider::private_key(attester->tls_key());
}

Result<void> use_private_key(SSL_CTX* context, EVP_PKEY* key) {
  CHECK(crypto::expect_one(SSL_CTX_use_PrivateKey(context, key), "SSL_CTX_use_PrivateKey"));
  return crypto::expect_one(SSL_CTX_check_private_key(context), "SSL_CTX_check_private_key");
}

}  // namespace

Result<void> use_tls_key(SSL_CTX* context, const Attester& attester, std::string_view common_name) {
  TRY(const crypto::OwnedKey key, private_key_of(context, attester));
  const Timestamp now = system_clock()->now();
  TRY(const crypto::Certificate leaf,
      provider::self_signed_certificate(key.get(), {.common_name = std::string(common_name),
                                                    .dns_names = {},
                                                    .not_before = now - kBefore,
                                                    .not_after = now + kAfter}));
  CHECK(crypto::expect_one(SSL_CTX_use_certificate(context, crypto::native(leaf)), "SSL_CTX_use_certificate"));
  return use_private_key(context, key.get());
}

Result<void> use_tls_key(SSL_CTX* context, const Attester& attester, const std::filesystem::path& certificate_chain) {
  TRY(const crypto::OwnedKey key, private_key_of(context, attester));
  if (SSL_CTX_use_certificate_chain_file(context, certificate_chain.c_str()) != 1) {
    return fail_in(Errc::configuration, certificate_chain.string(),
                   "no certificate chain in PEM: " + crypto::last_error());
  }
  if (auto used = use_private_key(context, key.get()); !used) {
    return fail_in(Errc::configuration, certificate_chain.string(),
                   "the certificate is not for the attester's TLS key: " + used.error().why);
  }
  return {};
}

}  // namespace credence
