// The bundle { "kat": ..., "pat": ..., "ext": ... } (protocol.md 2.5; the proof of concept's Parsec TPM format).
//
// The members are kept as octets: kat.cert_info and pat.attest_info are what the signatures are checked over.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/cbor/limits.h"

namespace credence::evidence::tpm {

// Key attestation token: TPM2_Certify of the TLS key.
struct KeyAttestation {
  std::string tpm_version = "2.0";
  Bytes kid;
  Bytes signature;    // TPMT_SIGNATURE
  Bytes cert_info;    // TPMS_ATTEST
  Bytes public_area;  // TPMT_PUBLIC of the TLS key
};
// Platform attestation token: TPM2_Quote.
struct PlatformAttestation {
  std::string tpm_version = "2.0";
  Bytes kid;
  Bytes signature;
  Bytes attest_info;
};
// PCR values by bank (TPM_ALG_ID) and index.
using PcrValues = std::map<std::uint16_t, std::map<std::uint8_t, Bytes>>;

// Ours, ignored by others.
struct Extension {
  PcrValues pcrs;
  Bytes log;                 // TCG crypto-agile event log as the firmware gives it
  Bytes attestation_key;     // TPMT_PUBLIC
  std::vector<Bytes> chain;  // DER certificates, leaf first
};

struct Bundle {
  KeyAttestation kat;
  PlatformAttestation pat;
  std::optional<Extension> ext;
};

// Unknown members are ignored (older vectors carry "alg"); duplicates and missing ones are refused.
[[nodiscard]] Result<Bundle> decode_bundle(ByteView input, const cbor::Limits& limits = {});
[[nodiscard]] Bytes encode_bundle(const Bundle& bundle);

}  // namespace credence::evidence::tpm
