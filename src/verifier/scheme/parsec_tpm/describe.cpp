#include "verifier/scheme/parsec_tpm/describe.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace credence::verifier {
namespace {

// The words that `endorse` puts into the maker (protocol.md 2.7).
constexpr std::string_view kSoftwareTpm = "software TPM";
constexpr std::string_view kUnknownMaker = "unknown TPM maker";

void describe_maker(const AttestationKeyRecord& record, rats::CredenceClaims& claims) {
  claims.software_tpm = record.maker.contains(kSoftwareTpm);
  claims.unknown_tpm_maker = record.maker.empty() || record.maker.contains(kUnknownMaker);
  if (*claims.software_tpm) claims.warnings.emplace_back("software TPM: it proves the plumbing, not the machine");
  if (*claims.unknown_tpm_maker)
    claims.warnings.emplace_back("unknown TPM maker: no EK certificate vouches for this TPM");
}

// Those that were quoted; what else stands beside the quote was signed by nobody. Empty when no value does.
json::Object quoted_values(const evidence::tpm::Statements& statements) {
  json::Object values;
  if (!statements.bundle.ext) return values;
  const auto& banks = statements.bundle.ext->pcrs;
  for (const auto& selection : statements.quoted().selections) {
    const auto bank = banks.find(selection.hash);
    if (bank == banks.end()) continue;
    for (const std::uint8_t pcr : selection.pcrs)
      if (const auto value = bank->second.find(pcr); value != bank->second.end())
        values[std::to_string(pcr)] = to_base64(value->second);
  }
  return values;
}

json::Object key_claims(const evidence::tpm::KeyAttestation& kat) {
  return {{"tpmVer", kat.tpm_version},
          {"kid", to_base64(kat.kid)},
          {"sig", to_base64(kat.signature)},
          {"pubArea", to_base64(kat.public_area)},
          {"certInfo", to_base64(kat.cert_info)}};
}

json::Object platform_claims(const evidence::tpm::Statements& statements) {
  const evidence::tpm::PlatformAttestation& pat = statements.bundle.pat;
  json::Array selected;
  for (const auto& selection : statements.quoted().selections)
    for (const std::uint8_t pcr : selection.pcrs) selected.emplace_back(pcr);
  json::Object claims{{"tpmVer", pat.tpm_version},
                      {"kid", to_base64(pat.kid)},
                      {"sig", to_base64(pat.signature)},
                      {"attestInfo", to_base64(pat.attest_info)},
                      {"pcr-selection", std::move(selected)},
                      {"hash-algorithm", evidence::tpm::alg_from_hash(statements.quote_signature.hash)},
                      {"pcr-digest", to_base64(statements.quoted().digest)}};
  if (json::Object values = quoted_values(statements); !values.empty()) claims["pcrs"] = std::move(values);
  return claims;
}

}  // namespace

json::Object claims_of(const evidence::tpm::Statements& statements) {
  return {{"kat", key_claims(statements.bundle.kat)}, {"pat", platform_claims(statements)}};
}

// docs/formats/evidence-tpm.md: surfaced, so that a policy can act on them.
json::Object quote_claims(const evidence::tpm::Statements& statements) {
  const evidence::tpm::Attest& quote = statements.quote;
  json::Object claims;
  claims.reserve(5);
  claims["firmware-version"] = quote.firmware_version;
  claims["clock"] = quote.clock.clock;
  claims["clock-safe"] = quote.clock.safe;
  claims["reset-count"] = quote.clock.reset_count;
  claims["restart-count"] = quote.clock.restart_count;
  return claims;
}

AcceptedClaim stated_claim(const evidence::tpm::Statements& statements, const TrustAnchor& anchor) {
  AcceptedClaim claim;
  claim.environment.class_map.emplace().id = anchor.class_id;
  claim.environment.instance = {.tag = rats::kTagBytes, .value = to_bytes(anchor.kid.view())};
  claim.authority = {{.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(anchor.key.pem()))}};
  std::map<std::uint8_t, rats::Measurement> by_pcr;
  const auto& ext = statements.bundle.ext;
  for (const auto& selection : statements.quoted().selections) {
    const auto hash = evidence::tpm::hash_from_alg(selection.hash);
    if (!ext || !hash || !ext->pcrs.contains(selection.hash)) continue;
    for (const std::uint8_t pcr : selection.pcrs) {
      by_pcr[pcr].key = std::uint64_t{pcr};
      by_pcr[pcr].values.digests.push_back(
          {.algorithm = rats::named_information_id(*hash), .value = ext->pcrs.at(selection.hash).at(pcr)});
    }
  }
  for (auto& [pcr, measurement] : by_pcr) claim.measurements.push_back(std::move(measurement));
  return claim;
}

void describe_signer(const TrustAnchor& anchor, Form form, rats::CredenceClaims& claims) {
  claims.purpose = form == Form::channel ? "channel" : "challenge";
  if (anchor.record) describe_maker(*anchor.record, claims);
  // protocol.md 2.8: whatever the key is endorsed for. A relying party chooses nonces, so a channel key that signed one
  // verbatim says nothing of a channel.
  if (form != Form::plain_nonce) return;
  claims.compatibility_mode = true;
  claims.warnings.emplace_back("compatibility mode: the nonce is quoted verbatim; never valid for a channel");
  if (!anchor.record)
    claims.warnings.emplace_back(
        "the attestation key is endorsed without its Name: nothing says that it is restricted");
}

void mark_test_root(rats::CredenceClaims& claims) {
  claims.test_root = true;
  claims.warnings.emplace_back("test root: the key is published, this result proves nothing");
}

}  // namespace credence::verifier
