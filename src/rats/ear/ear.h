// EAT Attestation Result (draft-ietf-rats-ear): what a verifier says about evidence, as data.
//
// Two spellings of the member names are in use: Veraison's dotted ones ("ear.status", profile
// tag:github.com,2023:veraison/ear) and the draft's underscores ("ear_status"). Both are read; the one written is
// chosen. In CBOR there is one form, with the draft's keys.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"
#include "rats/ear/trace_step.h"
#include "sign/jose/jws.h"
#include "wire/json/json.h"

namespace credence::rats {

// AR4SI tiers: "none", "affirming", "warning", "contraindicated".
enum class Tier : std::uint8_t { none = 0, affirming = 2, warning = 32, contraindicated = 96 };
[[nodiscard]] std::string_view name(Tier tier) noexcept;
// The tier of one trustworthiness claim (draft-ietf-rats-ar4si section 2.3.2).
[[nodiscard]] Tier tier_of(std::int8_t claim) noexcept;

// Indices of the trustworthiness vector, in the order of AR4SI.
enum class TrustClaim : std::uint8_t {
  instance_identity,
  configuration,
  executables,
  file_system,
  hardware,
  runtime_opaque,
  storage_opaque,
  sourced_data,
};
inline constexpr std::size_t kTrustClaims = 8;

struct TrustVector {
  std::array<std::int8_t, kTrustClaims> claims{};
  [[nodiscard]] std::int8_t& operator[](TrustClaim claim) noexcept { return claims[static_cast<std::size_t>(claim)]; }
  [[nodiscard]] std::int8_t operator[](TrustClaim claim) const noexcept {
    return claims[static_cast<std::size_t>(claim)];
  }
  // The worst tier of the claims; a vector of zeros is Tier::none.
  [[nodiscard]] Tier tier() const noexcept;
  friend bool operator==(const TrustVector&, const TrustVector&) = default;
};
// Values used here.
inline constexpr std::int8_t kVerifierMalfunction = -1;
inline constexpr std::int8_t kNoClaim = 0;
inline constexpr std::int8_t kUnexpectedEvidence = 1;
inline constexpr std::int8_t kTrustworthy = 2;  // the affirming value of every claim
inline constexpr std::int8_t kUnrecognisedRuntime = 33;
inline constexpr std::int8_t kCryptoValidationFailed = 99;

struct Submodule {
  Tier status = Tier::none;
  std::optional<TrustVector> vector;
  std::vector<std::string> policy_ids;
  std::optional<Bytes> attested_key;  // DER SPKI: ear.veraison.key-attestation.akpub
  json::Object annotated_evidence;    // ear.veraison.annotated-evidence
  json::Object policy_claims;         // ear.veraison.policy-claims: "problem" holds the reason of a refusal
};

// What Credence adds under "credence.*" (docs/formats/ear.md). A claim that is absent is not known.
struct CredenceClaims {
  std::optional<std::string> purpose;      // "channel" | "challenge"
  std::optional<bool> software_tpm;        // the root of trust is a software TPM
  std::optional<bool> unknown_tpm_maker;   // no EK certificate told the maker
  std::optional<bool> test_root;           // rot/software: proves nothing
  std::optional<bool> compatibility_mode;  // Veraison's rules: no Name, plain nonce
  std::optional<bool> hazard_allowed;      // debug and the like are on, and an endorser allows it
  std::optional<std::string> class_id;     // the class whose reference values matched
  std::optional<Timestamp> evidence_time;  // when the verifier issued the nonce
  std::vector<std::string> warnings;       // each a sentence for the operator
  std::vector<TraceStep> trace;            // what was compared, when it was asked for
};

struct Ear {
  std::string profile = "tag:github.com,2023:veraison/ear";
  Timestamp issued_at{};                  // iat, whole seconds on the wire
  std::optional<Timestamp> expires;       // exp
  std::optional<std::string> issuer;      // iss
  std::optional<std::string> audience;    // aud
  std::optional<Bytes> nonce;             // eat_nonce
  std::optional<Bytes> ueid;              // the kid of the attestation key
  std::optional<Bytes> confirmation_key;  // cnf, as DER SPKI of a key: whoever sets it has seen that it is one
  std::string verifier_developer;
  std::string verifier_build;
  std::optional<Bytes> raw_evidence;   // as it was submitted, when that was asked for
  std::optional<Tier> overall_status;  // the draft's top-level status, since -04
  std::map<std::string, Submodule, std::less<>> submodules;
  CredenceClaims credence;

  // The worst of the overall status and of those of all submodules, where none is worse than affirming: nothing was
  // decided. Tier::none when there is no submodule.
  [[nodiscard]] Tier status() const noexcept;
  // True only when there is at least one submodule, every one says affirming, every claim of every vector is 0 (not
  // appraised) or affirming itself, and an overall status says nothing else.
  [[nodiscard]] bool is_affirming() const noexcept;
  // The reasons in words, from policy_claims.problem of the submodules.
  [[nodiscard]] std::vector<std::string> problems() const;
};

enum class EarSpelling : std::uint8_t { veraison, draft };

// The profile is that of the Ear when it belongs to the spelling, else the one of the spelling. Veraison's spelling has
// room for one policy id, the first. Throws std::logic_error when confirmation_key is no SubjectPublicKeyInfo; whether
// an EC point is on its curve is not asked again.
[[nodiscard]] json::Object ear_to_json(const Ear& ear, EarSpelling spelling = EarSpelling::veraison);
[[nodiscard]] Result<Ear> ear_from_json(const json::Value& claims);

// The claims-set of a CWT. The profile is that of the Ear when it is the draft's, else the draft's. Fails when
// confirmation_key is no SubjectPublicKeyInfo, or a claim is nested too deep.
[[nodiscard]] Result<Bytes> ear_to_cbor(const Ear& ear);
[[nodiscard]] Result<Ear> ear_from_cbor(ByteView claims);

struct EarSigning {
  std::optional<std::string_view> kid{};                  // in a CWT these octets, so that one name fits both
  std::optional<crypto::SignatureAlgorithm> algorithm{};  // absent: the key's default
};

// The signed forms: a JWT, and a CWT with the tags 61 and 18.
[[nodiscard]] Result<std::string> sign_ear(const Ear& ear, const crypto::PrivateKey& key,
                                           EarSpelling spelling = EarSpelling::veraison,
                                           const EarSigning& signing = {});
[[nodiscard]] Result<Bytes> sign_ear_cwt(const Ear& ear, const crypto::PrivateKey& key, const EarSigning& signing = {});

// decode_*() do not check the signature; verify_*() do, against one of `keys` (the pinned ones: never a key that came
// with the token). A token is a JWT, or a CWT in base64url, as a session of the verifier's API carries both. Tag 61 may
// be absent.
[[nodiscard]] Result<Ear> decode_ear(std::string_view token);
[[nodiscard]] Result<Ear> verify_ear(std::string_view token, std::span<const crypto::PublicKey> keys);
[[nodiscard]] Result<Ear> decode_ear_cwt(ByteView cwt);
[[nodiscard]] Result<Ear> verify_ear_cwt(ByteView cwt, std::span<const crypto::PublicKey> keys);
// The kid that the token names: to look for a key among those that are trusted, never to trust one.
[[nodiscard]] Result<std::optional<std::string>> ear_key_id(std::string_view token);

}  // namespace credence::rats
