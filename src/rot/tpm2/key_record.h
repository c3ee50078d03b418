// A key of ours between two runs: a CBOR map in the state directory, one file a key.
//
//   {1: version, 2: hierarchy ("owner" or "endorsement"), 3: Name of its parent, 4: TPMT_PUBLIC, 5: TPM2B_PRIVATE's
//    buffer (wrapped by the TPM), 6: authorization value, ? 7: bank of its policy, ? 8: PCRs of its policy}
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "evidence/tpm/structures.h"

namespace credence::rot::tpm2 {

// A TPM scrambles firmwareVersion and the reset counters in what keys outside the endorsement hierarchy sign, so
// attestation keys are there (protocol.md 2.2).
enum class Hierarchy : std::uint8_t { owner, endorsement };

struct KeyRecord {
  Hierarchy hierarchy{};
  Bytes parent_name;
  Bytes public_area;
  Bytes wrapped_private;
  SecretBytes authorization;
  std::optional<evidence::tpm::PcrSelection> policy_pcrs{};  // the key needs PolicyPCR, then PolicyAuthValue
};

[[nodiscard]] SecretBytes encode(const KeyRecord& record);
[[nodiscard]] Result<KeyRecord> decode_key_record(ByteView input);

}  // namespace credence::rot::tpm2
