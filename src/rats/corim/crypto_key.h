// crypto-key-type-choice (draft-ietf-rats-corim section 5.1.4.1.5.13): keys, certificates, thumbprints.
#pragma once

#include <compare>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "rats/corim/tagged.h"

namespace credence::rats {

struct CryptoKey {
  std::uint64_t tag = kTagPkixBase64Key;
  Bytes value;  // as in TaggedBytes
  friend auto operator<=>(const CryptoKey&, const CryptoKey&) = default;
};
// The key itself, of a PKIX key (PEM, or bare base64 as in old drafts), a certificate or a COSE_Key.
// Errc::unsupported for certification paths, thumbprints and plain octets, which hold no key that could be taken alone.
[[nodiscard]] Result<crypto::PublicKey> public_key_of(const CryptoKey& key);
// What a thumbprint is: of a raw public key (tag 557) the digest of its DER SubjectPublicKeyInfo (RFC 7250), of a
// certificate (559) that of its DER. Errc::unsupported for other tags and for hashes that are none of HashAlgorithm.
[[nodiscard]] Result<crypto::Digest> thumbprint_of(const CryptoKey& key);

}  // namespace credence::rats
