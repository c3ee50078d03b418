// What is endorsed of a TPM: its attestation keys, and the PCR values of its class.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/strong.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "evidence/tpm/endorsement.h"
#include "evidence/tpm/structures.h"
#include "rats/corim/corim.h"
#include "verifier/scheme/approved_value.h"
#include "verifier/store.h"
#include "verifier/store/periods.h"
#include "verifier/store/sources.h"

namespace credence::verifier {

// Veraison's profile, and that of what `endorse` says beyond it (protocol.md 2.10).
inline constexpr std::string_view kParsecTpmProfile = evidence::tpm::kParsecTpmProfile;
inline constexpr std::string_view kCredenceTpmKeyProfile = evidence::tpm::kTpmKeyProfile;

// What `endorse` says of an attestation key beyond Veraison's triple (profile tag:credence.example,2026:tpm-key).
struct AttestationKeyRecord {
  using Purpose = evidence::tpm::Purpose;
  evidence::tpm::Public public_area;
  Bytes name;
  Bytes qualified_name;
  Purpose purpose{};
  std::optional<Bytes> ek_digest;  // SHA-256 of the EK's SPKI
  std::string maker;               // "software TPM (IBM SW TPM)", "unknown TPM maker (...)", ...
};

// Looked up by kid.
struct TrustAnchor final : Endorsed {
  TrustAnchor(Kid of, crypto::PublicKey its_key, rats::TaggedBytes its_class)
      : kid(std::move(of)), key(std::move(its_key)), class_id(std::move(its_class)) {}

  Kid kid;
  crypto::PublicKey key;
  rats::TaggedBytes class_id;                  // joins it to the reference values
  std::optional<AttestationKeyRecord> record;  // absent: Veraison's endorsement; see Policy
  Sources sources;                             // of key and record
  Periods validity;                            // of the record; of the key alone when there is none
};

// Acceptable values of each PCR, by bank and index; several when more than one build is approved. Looked up by class.
struct ReferenceValues final : Endorsed {
  rats::TaggedBytes class_id;
  std::map<crypto::HashAlgorithm, std::map<std::uint8_t, std::vector<ApprovedValue>>> pcrs;
  // Of each PCR, who states digests for it that match nothing.
  std::map<std::uint8_t, Sources> ambiguous;
};

}  // namespace credence::verifier
