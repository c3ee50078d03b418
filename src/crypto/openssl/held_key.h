// Private keys that stay in their provider, which signs: those of a TPM or a token.
#pragma once

#include <memory>

#include "base/result.h"
#include "crypto/key.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {

// `library`, in which the provider lives, is kept as long as the key. Of what a PrivateKey can do, pem() throws
// std::runtime_error and sign_ecdsa() is Errc::unsupported: the key does not come out, and it signs messages.
[[nodiscard]] Result<PrivateKey> private_key_that_stays(OwnedKey key, std::shared_ptr<const void> library = nullptr);

}  // namespace credence::crypto
