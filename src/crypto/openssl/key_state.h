// What a key handle shares.
#pragma once

#include "crypto/key.h"
#include "crypto/openssl/native.h"
#include "crypto/spki.h"

namespace credence::crypto {

struct PublicKey::State {
  KeyMaterial material;
  Bytes spki;
  OwnedKey key;
  // EC only: ready for EVP_PKEY_verify, copied for each verification because a context serves one thread.
  OwnedKeyContext verify_context;
};

struct PrivateKey::State {
  PublicKey public_key;
  std::shared_ptr<const void> library{};  // what the key's provider lives in; goes after the key
  OwnedKey key;
  bool stays = false;              // the private part is in its provider's hands, and may be in a TPM or a token
  OwnedKeyContext sign_context{};  // of an EC key that does not stay: the same for EVP_PKEY_sign
};

}  // namespace credence::crypto
