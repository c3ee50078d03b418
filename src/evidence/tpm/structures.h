// The TPM 2.0 structures that evidence consists of (TCG "TPM 2.0 Library" part 2), decoded from hostile octets without
// tpm2-tss: a verifier links no TPM library. Every decoder refuses trailing bytes and gives offsets.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "evidence/tpm/tpm2b.h"

namespace credence::evidence::tpm {

// TPM_ALG_ID values in use.
inline constexpr std::uint16_t kAlgRsa = 0x0001, kAlgSha1 = 0x0004, kAlgSha256 = 0x000b, kAlgSha384 = 0x000c,
                               kAlgSha512 = 0x000d, kAlgNull = 0x0010, kAlgRsassa = 0x0014, kAlgRsapss = 0x0016,
                               kAlgEcdsa = 0x0018, kAlgEcc = 0x0023;
[[nodiscard]] std::optional<crypto::HashAlgorithm> hash_from_alg(std::uint16_t alg) noexcept;
[[nodiscard]] std::uint16_t alg_from_hash(crypto::HashAlgorithm hash) noexcept;

// TPMA_OBJECT bits (part 2, 8.3).
inline constexpr std::uint32_t kFixedTpm = 1U << 1, kStClear = 1U << 2, kFixedParent = 1U << 4,
                               kSensitiveDataOrigin = 1U << 5, kUserWithAuth = 1U << 6, kAdminWithPolicy = 1U << 7,
                               kNoDa = 1U << 10, kEncryptedDuplication = 1U << 11, kRestricted = 1U << 16,
                               kDecrypt = 1U << 17, kSign = 1U << 18;

// TPMT_PUBLIC. `raw` keeps the octets whose hash is the Name.
struct Public {
  std::uint16_t type = 0;  // kAlgEcc or kAlgRsa
  std::uint16_t name_alg = 0;
  std::uint32_t attributes = 0;
  Bytes auth_policy;
  std::uint16_t scheme = 0;  // kAlgNull, kAlgEcdsa, ...
  std::uint16_t scheme_hash = 0;
  std::uint16_t curve = 0;  // TPM_ECC_CURVE, EC only
  crypto::KeyType key_type{};
  Bytes spki;  // of the point or modulus as it stands here
  Bytes raw;

  [[nodiscard]] bool has(std::uint32_t bits) const noexcept { return (attributes & bits) == bits; }
  // Made anew at each call. Errc::bad_key when the point is not on its curve, or the modulus of no accepted size.
  [[nodiscard]] Result<crypto::PublicKey> key() const { return crypto::PublicKey::from_spki(spki); }
};
// Syntax only: a key that is merely compared with another one (kat.pubArea with a certificate) need not be made.
[[nodiscard]] Result<Public> decode_public(ByteView tpmt_public);
// Name = nameAlg || H_nameAlg(TPMT_PUBLIC) (part 1, 16).
[[nodiscard]] Result<Name> name_of(const Public& area);

struct ClockInfo {
  std::uint64_t clock = 0;
  std::uint32_t reset_count = 0;
  std::uint32_t restart_count = 0;
  bool safe = false;
};
struct CertifyInfo {
  Name name;
  Name qualified_name;
};
struct PcrSelection {
  std::uint16_t hash = 0;
  std::vector<std::uint8_t> pcrs;  // ascending
  friend bool operator==(const PcrSelection&, const PcrSelection&) = default;
};
struct QuoteInfo {
  std::vector<PcrSelection> selections;
  DigestOctets digest;
};

// TPMS_ATTEST of type certify or quote; magic 0xff544347 and the type are checked here, explicitly.
struct Attest {
  Name qualified_signer;
  Data extra_data;
  ClockInfo clock;
  std::uint64_t firmware_version = 0;
  std::variant<CertifyInfo, QuoteInfo> info;
};
[[nodiscard]] Result<Attest> decode_certify(ByteView tpms_attest);  // type 0x8017 only
[[nodiscard]] Result<Attest> decode_quote(ByteView tpms_attest);    // type 0x8018 only

// TPMT_SIGNATURE.
struct Signature {
  std::uint16_t scheme = 0;
  crypto::HashAlgorithm hash{};
  Coordinate r;  // ECDSA
  Coordinate s;
  Bytes rsa;  // RSASSA and RSAPSS
};
[[nodiscard]] Result<Signature> decode_signature(ByteView tpmt_signature);
[[nodiscard]] Bytes encode_signature(const Signature& signature);
// Success only when `signature` over `message` (hashed as it says) is good under `key`.
[[nodiscard]] Result<void> verify(const Signature& signature, const crypto::PublicKey& key, ByteView message);

}  // namespace credence::evidence::tpm
