// An attestation result, as facts.
#include <format>

#include "base/clock.h"
#include "base/text.h"
#include "cli/inspect/describe.h"

namespace credence::cli {
namespace {

json::Object describe_vector(const rats::TrustVector& vector) {
  static constexpr std::array<std::string_view, rats::kTrustClaims> kNames = {
      "instance-identity", "configuration",  "executables",    "file-system",
      "hardware",          "runtime-opaque", "storage-opaque", "sourced-data"};
  json::Object facts;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (vector.claims[i] != rats::kNoClaim) facts[kNames[i]] = vector.claims[i];
  }
  return facts;
}

json::Object describe_submodule(const rats::Submodule& submodule) {
  json::Object facts{{"status", rats::name(submodule.status)}};
  if (submodule.vector) facts["trustworthiness vector"] = describe_vector(*submodule.vector);
  if (submodule.attested_key) facts["attested key"] = to_hex(*submodule.attested_key);
  if (!submodule.policy_claims.empty()) facts["policy claims"] = submodule.policy_claims;
  if (!submodule.annotated_evidence.empty()) facts["annotated evidence"] = submodule.annotated_evidence;
  return facts;
}

void describe_credence_claims(const rats::CredenceClaims& claims, json::Object& facts) {
  if (claims.purpose) facts["purpose"] = *claims.purpose;
  if (claims.class_id) facts["class"] = *claims.class_id;
  if (claims.software_tpm) facts["software TPM"] = *claims.software_tpm;
  if (claims.unknown_tpm_maker) facts["unknown TPM maker"] = *claims.unknown_tpm_maker;
  if (claims.test_root) facts["INSECURE TEST ROOT"] = *claims.test_root;
  if (claims.hazard_allowed) facts["hazard allowed"] = *claims.hazard_allowed;
  if (claims.compatibility_mode) facts["compatibility mode"] = *claims.compatibility_mode;
  if (!claims.warnings.empty()) facts["warnings"] = json::Array(claims.warnings.begin(), claims.warnings.end());
}

}  // namespace

json::Object describe_ear(const rats::Ear& ear) {
  json::Object facts{{"status", rats::name(ear.status())},
                     {"verifier", ear.verifier_developer + " " + ear.verifier_build},
                     {"issued", to_rfc3339(ear.issued_at)}};
  if (ear.issuer) facts["issuer"] = *ear.issuer;
  if (ear.expires) facts["expires"] = to_rfc3339(*ear.expires);
  if (ear.nonce) facts["nonce"] = to_hex(*ear.nonce);
  if (ear.ueid) facts["instance (kid)"] = to_hex(*ear.ueid);
  if (ear.confirmation_key) facts["confirmation key"] = to_hex(*ear.confirmation_key);
  describe_credence_claims(ear.credence, facts);
  json::Object submodules;
  for (const auto& [name, submodule] : ear.submodules) submodules[name] = describe_submodule(submodule);
  facts["submodules"] = std::move(submodules);
  if (ear.raw_evidence) facts["raw evidence"] = to_hex(*ear.raw_evidence);
  if (!ear.credence.trace.empty())
    facts["trace"] = std::format("{} comparisons; see credence explain", ear.credence.trace.size());
  return facts;
}

}  // namespace credence::cli
