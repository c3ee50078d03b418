// An attestation key of the software root: restricted in name only, chained to the published test root.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "evidence/tpm/endorsement.h"

namespace credence::rot::software {

class AttestationKey {
 public:
  [[nodiscard]] static Result<AttestationKey> generate(evidence::tpm::Purpose purpose);

  [[nodiscard]] const evidence::tpm::KeyFacts& facts() const noexcept { return facts_; }
  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept { return key_.public_key(); }
  // DER certificates, leaf first; the last one is the test root.
  [[nodiscard]] const std::vector<Bytes>& chain() const noexcept { return chain_; }
  // TPMT_SIGNATURE over the octets of a TPMS_ATTEST.
  [[nodiscard]] Result<Bytes> sign(ByteView attest) const;

 private:
  AttestationKey(crypto::PrivateKey key, evidence::tpm::KeyFacts facts, std::vector<Bytes> chain)
      : key_(std::move(key)), facts_(std::move(facts)), chain_(std::move(chain)) {}

  crypto::PrivateKey key_;
  evidence::tpm::KeyFacts facts_;
  std::vector<Bytes> chain_;
};

}  // namespace credence::rot::software
