// The member names of an EAR in its two spellings.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "rats/ear/ear.h"

namespace credence::rats {

struct EarNames {
  std::string_view profile;
  std::string_view verifier_id;
  std::string_view raw_evidence;
  std::string_view status;
  std::string_view trustworthiness_vector;
  std::string_view policy_id;
  std::string_view annotated_evidence;
  std::string_view policy_claims;
  std::string_view key_attestation;
};

// veraison/ear, and the profile of confidential-containers/Trustee.
inline constexpr EarNames kVeraisonNames{
    .profile = "tag:github.com,2023:veraison/ear",
    .verifier_id = "ear.verifier-id",
    .raw_evidence = "ear.raw-evidence",
    .status = "ear.status",
    .trustworthiness_vector = "ear.trustworthiness-vector",
    .policy_id = "ear.appraisal-policy-id",
    .annotated_evidence = "ear.veraison.annotated-evidence",
    .policy_claims = "ear.veraison.policy-claims",
    .key_attestation = "ear.veraison.key-attestation",
};

// draft-ietf-rats-ear since -03.
inline constexpr EarNames kDraftNames{
    .profile = "tag:ietf.org,2026:rats/ear#03",
    .verifier_id = "ear_verifier_id",
    .raw_evidence = "ear_raw_evidence",
    .status = "ear_status",
    .trustworthiness_vector = "ear_trustworthiness_vector",
    .policy_id = "ear_appraisal_policy_ids",
    .annotated_evidence = "ear_veraison_annotated_evidence",
    .policy_claims = "ear_veraison_policy_claims",
    .key_attestation = "ear_veraison_key_attestation",
};

[[nodiscard]] constexpr const EarNames& names_of(EarSpelling spelling) noexcept {
  return spelling == EarSpelling::veraison ? kVeraisonNames : kDraftNames;
}

// The spelling that a profile uses; empty for a profile that is not known.
[[nodiscard]] std::optional<EarSpelling> spelling_of(std::string_view profile) noexcept;

// AR4SI, in the order of TrustClaim.
inline constexpr std::array<std::string_view, kTrustClaims> kTrustClaimNames{
    "instance-identity", "configuration",  "executables",    "file-system",
    "hardware",          "runtime-opaque", "storage-opaque", "sourced-data"};

// Claims that Credence adds (docs/formats/ear.md).
inline constexpr std::string_view kPurposeName = "credence.purpose";
inline constexpr std::string_view kSoftwareTpmName = "credence.software-tpm";
inline constexpr std::string_view kUnknownTpmMakerName = "credence.unknown-tpm-maker";
inline constexpr std::string_view kTestRootName = "credence.test-root";
inline constexpr std::string_view kCompatibilityModeName = "credence.compatibility-mode";
inline constexpr std::string_view kHazardAllowedName = "credence.hazard-allowed";
inline constexpr std::string_view kClassIdName = "credence.class-id";
inline constexpr std::string_view kEvidenceTimeName = "credence.evidence-time";
inline constexpr std::string_view kWarningsName = "credence.warnings";
inline constexpr std::string_view kTraceName = "credence.trace";

}  // namespace credence::rats
