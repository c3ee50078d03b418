// Who vouches for evidence, and who for a CoRIM: what a deny list is asked about.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "rats/corim/crypto_key.h"

namespace credence::verifier {

// Of an attester whose evidence is authentic.
struct AttesterIdentity {
  // DER SubjectPublicKeyInfo of every key that the scheme relied on: the one that signed, and those of the certificates
  // between it and the root. One that is left out here cannot be revoked.
  std::vector<Bytes> keys;
  Bytes kid;       // the name of the key; empty where the kind of evidence has none
  Bytes instance;  // as endorsements name the attester; empty where the kind has none
  // The certificates that the scheme relied on, up to the root; empty where the kind has none. The lists of their
  // issuers are asked about each.
  std::vector<crypto::Certificate> path{};
};
[[nodiscard]] std::vector<Bytes> keys_of(std::span<const crypto::Certificate> path);

// Of a signed CoRIM.
struct CorimSignerIdentity {
  Bytes key_digest;           // SHA-256 of the DER SubjectPublicKeyInfo
  Bytes serial;               // big-endian, without leading zeros
  std::string issuer;         // as RFC 2253 writes it
  rats::CryptoKey authority;  // the certificate, as authorized-by may name it
};
[[nodiscard]] Result<CorimSignerIdentity> identity_of(const crypto::Certificate& certificate);

}  // namespace credence::verifier
