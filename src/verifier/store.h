// Endorsements and reference values, as the engine looks them up. Implementations: store/memory, store/sqlite.
//
// Thread-safe. Look-ups return shared, immutable, parsed objects: nothing is parsed again for an appraisal.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/key.h"
#include "evidence/tpm/endorsement.h"
#include "evidence/tpm/structures.h"
#include "rats/corim/corim.h"
#include "verifier/store/periods.h"

namespace credence::verifier {

// What `endorse` says of an attestation key beyond Veraison's triple (protocol.md 2.10, profile
// tag:credence.example,2026:tpm-key).
struct AttestationKeyRecord {
  using Purpose = evidence::tpm::Purpose;
  evidence::tpm::Public public_area;
  Bytes name;
  Bytes qualified_name;
  Purpose purpose{};
  std::optional<Bytes> ek_digest;  // SHA-256 of the EK's SPKI
  std::string maker;               // "software TPM (IBM SW TPM)", "unknown TPM maker (...)", ...
};

struct TrustAnchor {
  Kid kid;
  crypto::PublicKey key;
  rats::TaggedBytes class_id;                  // joins it to the reference values
  std::optional<AttestationKeyRecord> record;  // absent: Veraison's endorsement, compatibility mode only
  std::string source;                          // id of the CoRIM it came from
  Periods validity;                            // of the record; of the key alone when there is none
};

struct ApprovedValue {
  Bytes value;
  Periods validity;
};

// Acceptable values of each PCR, by bank and index; several when more than one build is approved.
struct ReferenceValues {
  rats::TaggedBytes class_id;
  std::map<crypto::HashAlgorithm, std::map<std::uint8_t, std::vector<ApprovedValue>>> pcrs;
  std::string source;
};

struct Stored {
  std::string id;          // of this submission
  bool duplicate = false;  // the same octets are already there
};

class Store {
 public:
  virtual ~Store() = default;

  // Null when nothing is known of it. An Error means that the store failed: never a verdict. What is found may be out
  // of its validity: stores have no clock, the caller compares.
  [[nodiscard]] virtual Result<std::shared_ptr<const TrustAnchor>> trust_anchor(const Kid& kid) const = 0;
  [[nodiscard]] virtual Result<std::shared_ptr<const ReferenceValues>> reference_values(
      const rats::TaggedBytes& class_id) const = 0;

  // Validates the whole CoRIM against its profile, then stores all of it or nothing; durable when it returns. The same
  // kid with another key is Errc::conflict; the same octets again are `duplicate`.
  [[nodiscard]] virtual Result<Stored> submit(const rats::Corim& corim, ByteView octets) = 0;

  // Changes with every change of the content: what a cached verdict must be keyed by.
  [[nodiscard]] virtual std::uint64_t generation() const noexcept = 0;
};

inline constexpr std::string_view kParsecTpmProfile = evidence::tpm::kParsecTpmProfile;
inline constexpr std::string_view kCredenceTpmKeyProfile = evidence::tpm::kTpmKeyProfile;

}  // namespace credence::verifier
