// A private key in a PKCS#11 token (an HSM, a smart card), over OpenSSL's pkcs11-provider (docs/decisions/keys.md).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/key.h"

namespace credence::crypto {

struct TokenKey {
  // RFC 7512, of exactly one private key: "pkcs11:token=ear;object=2026". No query: neither the module nor the PIN.
  std::string uri;
  std::string module;  // the token's library, "/usr/lib/softhsm/libsofthsm2.so"; empty: p11-kit's choice
  SecretBytes pin;     // empty: the token needs none
};

// The key never leaves the token. Any thread may sign with it: the provider keeps sessions for several. The token is
// asked once here: a wrong PIN is not tried a second time. Errc::device_missing when module or provider do not load,
// not_found when there is not exactly one such key (a wrong PIN shows as no key).
[[nodiscard]] Result<PrivateKey> open_token_key(const TokenKey& which);

}  // namespace credence::crypto
