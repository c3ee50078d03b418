// Writes the TPM 2.0 structures that a TPM would make (part 2); evidence/tpm/structures.h reads them back.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "evidence/tpm/bundle.h"
#include "evidence/tpm/structures.h"

namespace credence::rot::software {

// TPM_RH_OWNER and TPM_RH_ENDORSEMENT (part 2, 7.4).
enum class Hierarchy : std::uint32_t { owner = 0x4000'0001, endorsement = 0x4000'000b };

// TPMT_PUBLIC of an ECDSA key whose scheme is fixed to `hash`; nameAlg is SHA-256.
[[nodiscard]] Result<Bytes> encode_public(const crypto::PublicKey& key, std::uint32_t attributes,
                                          crypto::HashAlgorithm hash);
// Qualified Name of a primary key: nameAlg || H(handle of the hierarchy || Name) (part 1, 16.6).
[[nodiscard]] Result<Bytes> qualified_name(Hierarchy hierarchy, ByteView name);

// TPMS_CERTIFY_INFO.
[[nodiscard]] Bytes encode_certify_info(ByteView name, ByteView qualified_name);
// TPMS_QUOTE_INFO over all the PCRs given; pcrDigest is SHA-256 of the values in the order of the selection.
[[nodiscard]] Result<Bytes> encode_quote_info(const evidence::tpm::PcrValues& pcrs);

// TPMS_ATTEST, the part that is the same in every one: `info` is one of the two structures above.
enum class AttestType : std::uint16_t { certify = 0x8017, quote = 0x8018 };
[[nodiscard]] Bytes encode_attest(AttestType type, ByteView qualified_signer, ByteView extra_data,
                                  const evidence::tpm::ClockInfo& clock, ByteView info);

}  // namespace credence::rot::software
