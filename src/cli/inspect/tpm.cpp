// TPM structures and the bundle of kat and pat, as facts.
#include <array>
#include <format>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/inspect/describe.h"

namespace credence::cli {
namespace {

namespace tpm = evidence::tpm;

std::string hash_name(std::uint16_t alg) {
  const auto hash = tpm::hash_from_alg(alg);
  return hash ? std::string(crypto::name(*hash)) : std::format("algorithm 0x{:04x}", alg);
}

json::Array attribute_names(const tpm::Public& area) {
  static constexpr std::array<std::pair<std::uint32_t, std::string_view>, 11> kNames = {{
      {tpm::kFixedTpm, "fixedTPM"},
      {tpm::kStClear, "stClear"},
      {tpm::kFixedParent, "fixedParent"},
      {tpm::kSensitiveDataOrigin, "sensitiveDataOrigin"},
      {tpm::kUserWithAuth, "userWithAuth"},
      {tpm::kAdminWithPolicy, "adminWithPolicy"},
      {tpm::kNoDa, "noDA"},
      {tpm::kEncryptedDuplication, "encryptedDuplication"},
      {tpm::kRestricted, "restricted"},
      {tpm::kDecrypt, "decrypt"},
      {tpm::kSign, "sign"},
  }};
  json::Array names;
  for (const auto& [bit, name] : kNames) {
    if (area.has(bit)) names.emplace_back(name);
  }
  return names;
}

// A structure that does not decode is shown with its error: inspect helps most with what is broken.
template <typename T, typename Describe>
json::Value decoded_or_error(Result<T> decoded, Describe describe_it) {
  if (decoded) return describe_it(*decoded);
  return json::Object{{"error", decoded.error().text()}};
}

json::Object describe_signature(const tpm::Signature& signature) {
  return {{"scheme", signature.scheme == tpm::kAlgEcdsa ? "ECDSA" : std::format("0x{:04x}", signature.scheme)},
          {"hash", crypto::name(signature.hash)},
          {"r", to_hex(signature.r)},
          {"s", to_hex(signature.s)}};
}

json::Object describe_pcrs(const tpm::PcrValues& banks) {
  json::Object facts;
  for (const auto& [bank, values] : banks) {
    json::Object pcrs;
    for (const auto& [index, value] : values) pcrs[std::to_string(index)] = to_hex(value);
    facts[hash_name(bank)] = std::move(pcrs);
  }
  return facts;
}

}  // namespace

json::Object describe_public(const tpm::Public& area) {
  json::Object facts{{"structure", "TPMT_PUBLIC"},
                     {"key", crypto::name(area.key_type)},
                     {"name algorithm", hash_name(area.name_alg)},
                     {"attributes", attribute_names(area)}};
  if (const auto name = tpm::name_of(area)) facts["Name"] = to_hex(*name);
  if (!area.auth_policy.empty()) facts["authPolicy"] = to_hex(area.auth_policy);
  facts["SubjectPublicKeyInfo"] = to_hex(area.spki);
  return facts;
}

json::Object describe_attest(const tpm::Attest& attest) {
  json::Object facts{{"structure", "TPMS_ATTEST"},
                     {"extraData", to_hex(attest.extra_data)},
                     {"qualifiedSigner", to_hex(attest.qualified_signer)},
                     {"clock", attest.clock.clock},
                     {"resetCount", attest.clock.reset_count},
                     {"restartCount", attest.clock.restart_count},
                     {"safe", attest.clock.safe},
                     {"firmwareVersion", attest.firmware_version}};
  if (const auto* certify = std::get_if<tpm::CertifyInfo>(&attest.info)) {
    facts["type"] = "certify";
    facts["certified Name"] = to_hex(certify->name);
    facts["certified Qualified Name"] = to_hex(certify->qualified_name);
    return facts;
  }
  const auto& quote = std::get<tpm::QuoteInfo>(attest.info);
  facts["type"] = "quote";
  json::Object selections;
  for (const auto& selection : quote.selections) {
    json::Array pcrs;
    for (const auto pcr : selection.pcrs) pcrs.emplace_back(pcr);
    selections[hash_name(selection.hash)] = std::move(pcrs);
  }
  facts["PCR selection"] = std::move(selections);
  facts["pcrDigest"] = to_hex(quote.digest);
  return facts;
}

json::Object describe_enacttrust_token(const evidence::enacttrust::Token& token) {
  return {{"node", token.node.text()},
          {"quote", describe_attest(token.quote)},
          {"signature", describe_signature(token.signature)}};
}

json::Object describe_bundle(const tpm::Bundle& bundle) {
  json::Object kat{{"tpmVer", bundle.kat.tpm_version}, {"kid", to_hex(bundle.kat.kid)}};
  kat["sig"] = decoded_or_error(tpm::decode_signature(bundle.kat.signature), describe_signature);
  kat["certInfo"] = decoded_or_error(tpm::decode_certify(bundle.kat.cert_info), describe_attest);
  kat["pubArea"] = decoded_or_error(tpm::decode_public(bundle.kat.public_area), describe_public);
  json::Object pat{{"tpmVer", bundle.pat.tpm_version}, {"kid", to_hex(bundle.pat.kid)}};
  pat["sig"] = decoded_or_error(tpm::decode_signature(bundle.pat.signature), describe_signature);
  pat["attestInfo"] = decoded_or_error(tpm::decode_quote(bundle.pat.attest_info), describe_attest);
  json::Object facts{{"kat", std::move(kat)}, {"pat", std::move(pat)}};
  if (!bundle.ext) return facts;
  json::Object ext;
  if (!bundle.ext->pcrs.empty()) ext["pcrs"] = describe_pcrs(bundle.ext->pcrs);
  if (!bundle.ext->log.empty()) ext["log"] = std::format("{} octets", bundle.ext->log.size());
  if (!bundle.ext->attestation_key.empty()) {
    ext["ak"] = decoded_or_error(tpm::decode_public(bundle.ext->attestation_key), describe_public);
  }
  if (!bundle.ext->chain.empty()) ext["chain"] = std::format("{} certificates", bundle.ext->chain.size());
  facts["ext"] = std::move(ext);
  return facts;
}

}  // namespace credence::cli
