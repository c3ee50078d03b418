// COSE_Key (RFC 9052 section 7, RFC 9053 section 7): EC2 on P-256, P-384, P-521, OKP Ed25519, RSA (RFC 8230).
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "wire/cbor/limits.h"

namespace credence::cose {

// A public key. A private member (label -4 of EC2 and OKP, -3 and below of RSA) is refused: a secret in a message is
// a mistake that must not pass unnoticed. Compressed points are refused.
[[nodiscard]] Result<crypto::PublicKey> decode_key(ByteView input, const cbor::Limits& limits = {});
[[nodiscard]] Result<Bytes> encode_key(const crypto::PublicKey& key);

}  // namespace credence::cose
