// What can be checked of a bundle without an endorsement, and what one adds.
//
// A relying party makes the local checks before it asks a verifier, remote or in this process (protocol.md section 3,
// step 2), and the verifier makes them again: neither trusts the other's diligence, and a real Veraison ignores the
// nonce of this scheme.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "evidence/binding/binder.h"
#include "evidence/tpm/bundle.h"
#include "evidence/tpm/structures.h"
#include "wire/cbor/limits.h"

namespace credence::evidence::tpm {

// A bundle with its TPM structures decoded.
struct Statements {
  Bundle bundle;
  Public tls_key;  // kat.pubArea
  Attest certify;  // kat.certInfo
  Attest quote;    // pat.attestInfo
  Signature certify_signature;
  Signature quote_signature;

  [[nodiscard]] const CertifyInfo& certified() const { return std::get<CertifyInfo>(certify.info); }
  [[nodiscard]] const QuoteInfo& quoted() const { return std::get<QuoteInfo>(quote.info); }
};

// Bounded, without trailing bytes in any structure; magic and types of the TPMS_ATTEST are checked here.
[[nodiscard]] Result<Statements> decode_statements(ByteView evidence, const cbor::Limits& limits = {});

// The checks of a relying party, all local and cheap: decodes, makes check_statements() with the binder, and demands
// that the attested key is the one of the peer's leaf. No signature is checked: that takes the attestation key, which
// the verifier knows.
[[nodiscard]] Result<Statements> check_binding(ByteView evidence, const Binder& binder, ByteView leaf_spki);

// Every check that needs no endorsement. `extra_data` is the binder, the challenge digest or, in compatibility mode,
// the nonce; `mismatch` is the error when it is another: binder_mismatch or nonce_mismatch.
[[nodiscard]] Result<void> check_statements(const Statements& statements, ByteView extra_data, Errc mismatch);

// Both signatures are by this attestation key.
[[nodiscard]] Result<void> check_signatures(const Statements& statements, const crypto::PublicKey& attestation_key);

// The attestation key as its endorsement describes it (protocol.md 2.2).
struct EndorsedSigner {
  const Public& public_area;
  ByteView name;
  ByteView qualified_name;
};
[[nodiscard]] Result<void> check_signer(const Statements& statements, const EndorsedSigner& signer);

// A key that can sign nothing but what the TPM states itself, and cannot leave it; also made when an endorsement is
// written or stored.
[[nodiscard]] Result<void> check_attestation_key(const Public& area);
// The Name is the hash of the public area. Errc::signer_mismatch.
[[nodiscard]] Result<void> check_name(const Public& area, ByteView endorsed_name);

// Bit i is set when the quote covers PCR i in a way that counts: in a bank of SHA-256 or better, and not PCR 16 or 23,
// which anyone can reset (PC Client profile).
[[nodiscard]] std::uint32_t covered_pcrs(const QuoteInfo& quote) noexcept;

// The digest of a TPM2_Quote over these values: all selected PCRs one after the other, bank by bank, in ascending order
// (part 1, 17.5). Errc::missing_member names a selected PCR without a value.
[[nodiscard]] Result<crypto::Digest> composite_digest(crypto::HashAlgorithm hash,
                                                      std::span<const PcrSelection> selections, const PcrValues& pcrs);

}  // namespace credence::evidence::tpm
