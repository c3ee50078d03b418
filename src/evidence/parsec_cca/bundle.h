// Parsec's key attestation from a CCA realm (Veraison's PARSEC_CCA; docs/formats/evidence-cca.md): software of the
// realm names a key of its own (kat), and the realm's token (pat) has the hash of that as its challenge.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/key.h"
#include "evidence/cca/token.h"

namespace credence::evidence::parsec_cca {

inline constexpr std::string_view kMediaType = "application/vnd.parallaxsecond.key-attestation.cca";

struct Bundle {
  Bytes kat;              // #6.601(claims), as it was hashed
  Nonce nonce;            // of the kat
  crypto::PublicKey key;  // of the kat: what is attested
  cca::Token pat;
};

// {"kat": #6.601({10: nonce, 8: {1: COSE_Key}}), "pat": CCA token}. At most 32 KiB.
[[nodiscard]] Result<Bundle> decode_bundle(ByteView octets);

// The kat is for this nonce and the pat for this kat.
[[nodiscard]] Result<void> check_nonce(const Bundle& bundle, const Nonce& nonce);

}  // namespace credence::evidence::parsec_cca
