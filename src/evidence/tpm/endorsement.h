// What an endorser states of a TPM: its attestation keys and the PCR values it approves, as two CoRIMs (protocol.md
// 2.10).
//
// Two, because Veraison validates its own profile strictly and has no room for the TPMT_PUBLIC, the names and the
// purpose of a key: those go into a CoRIM with a profile of ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/key.h"
#include "evidence/tpm/bundle.h"
#include "rats/corim/corim.h"

namespace credence::evidence::tpm {

inline constexpr std::string_view kParsecTpmProfile = "tag:github.com/parallaxsecond,2023-03-03:tpm";
inline constexpr std::string_view kTpmKeyProfile = "tag:credence.example,2026:tpm-key";
inline constexpr std::string_view kKeyRecordMkey = "credence.ak";

// What a key may sign for. The two are never interchangeable (protocol.md 2.8).
enum class Purpose : std::uint8_t { channel = 1, challenge = 2 };

// An attestation key, as its endorser saw it.
struct KeyFacts {
  Kid kid;            // 0x01 || SHA-256(SPKI) where we choose
  Bytes public_area;  // TPMT_PUBLIC
  Bytes name;
  Bytes qualified_name;
  Purpose purpose{};
  std::optional<Bytes> ek_digest;  // SHA-256 of the EK's SPKI
  std::string maker;               // "software TPM (IBM SW TPM)", "unknown TPM maker (...)", ...
};

struct Endorsement {
  rats::Uuid class_id;  // joins keys and reference values
  std::vector<KeyFacts> keys;
  PcrValues pcrs;
};

// For Veraison and for us: the reference values, and the attest-key triples of the channel keys only. A Veraison does
// not know purposes, so it must never learn of a challenge key.
[[nodiscard]] Result<rats::Corim> veraison_corim(const Endorsement& endorsement);
// For us: an endorsed triple for every key.
[[nodiscard]] Result<rats::Corim> keys_corim(const Endorsement& endorsement);

// The raw-value of "credence.ak": {1: TPMT_PUBLIC, 2: Name, 3: Qualified Name, 4: purpose, 5: EK digest, 6: maker}.
[[nodiscard]] Bytes encode_key_record(const KeyFacts& facts);
// Without the kid, which is the instance of the triple's environment.
[[nodiscard]] Result<KeyFacts> decode_key_record(ByteView raw_value);

}  // namespace credence::evidence::tpm
