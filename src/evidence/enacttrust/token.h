// EnactTrust's evidence (Veraison's TPM_ENACTTRUST): a quote and the node that claims to have made it
// (docs/formats/evidence-enacttrust.md).
//
//   node id (16 octets, a UUID) || size of the quote (2, big endian) || TPMS_ATTEST || TPMT_SIGNATURE
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/key.h"
#include "evidence/tpm/structures.h"
#include "rats/corim/uuid.h"
#include "wire/json/json.h"

namespace credence::evidence::enacttrust {

inline constexpr std::string_view kMediaType = "application/vnd.enacttrust.tpm-evidence";

struct Token {
  rats::Uuid node;
  Bytes attest;  // as it was signed
  tpm::Attest quote;
  tpm::Signature signature;

  [[nodiscard]] const tpm::QuoteInfo& quoted() const { return std::get<tpm::QuoteInfo>(quote.info); }
};

// At most 4096 octets. ECDSA over SHA-256 only, as Veraison's scheme has it: Errc::unsupported_algorithm.
[[nodiscard]] Result<Token> decode_token(ByteView octets);

// The quote was made for this nonce, over PCRs of the SHA-256 bank that nobody can reset.
[[nodiscard]] Result<void> check_token(const Token& token, const Nonce& nonce);
[[nodiscard]] Result<void> check_signature(const Token& token, const crypto::PublicKey& node_key);

// By Veraison's names: node-id, firmware-version, pcr-selection, hash-algorithm, pcr-digest.
[[nodiscard]] json::Object claims_of(const Token& token);

}  // namespace credence::evidence::enacttrust
