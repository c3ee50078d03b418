#include "evidence/tpm/kind.h"

#include <array>
#include <format>
#include <string>
#include <utility>

#include "base/text.h"
#include "evidence/media_types.h"
#include "evidence/tpm/bundle.h"

namespace credence::evidence {
namespace tpm {
namespace {

std::string hash_name(std::uint16_t alg) {
  const auto hash = hash_from_alg(alg);
  return hash ? std::string(crypto::name(*hash)) : std::format("algorithm 0x{:04x}", alg);
}

json::Array attribute_names(const Public& area) {
  static constexpr std::array<std::pair<std::uint32_t, std::string_view>, 11> kNames = {{
      {kFixedTpm, "fixedTPM"},
      {kStClear, "stClear"},
      {kFixedParent, "fixedParent"},
      {kSensitiveDataOrigin, "sensitiveDataOrigin"},
      {kUserWithAuth, "userWithAuth"},
      {kAdminWithPolicy, "adminWithPolicy"},
      {kNoDa, "noDA"},
      {kEncryptedDuplication, "encryptedDuplication"},
      {kRestricted, "restricted"},
      {kDecrypt, "decrypt"},
      {kSign, "sign"},
  }};
  json::Array names;
  for (const auto& [bit, name] : kNames) {
    if (area.has(bit)) names.emplace_back(name);
  }
  return names;
}

// A structure that does not decode is shown with its error: inspect helps most with what is broken.
template <typename T>
json::Value decoded_or_error(const Result<T>& decoded) {
  if (decoded) return describe(*decoded);
  return json::Object{{"error", decoded.error().text()}};
}

json::Object describe_pcrs(const PcrValues& banks) {
  json::Object facts;
  for (const auto& [bank, values] : banks) {
    json::Object pcrs;
    for (const auto& [index, value] : values) pcrs[std::to_string(index)] = to_hex(value);
    facts[hash_name(bank)] = std::move(pcrs);
  }
  return facts;
}

json::Object facts_of(const Bundle& bundle) {
  json::Object kat{{"tpmVer", bundle.kat.tpm_version}, {"kid", to_hex(bundle.kat.kid)}};
  kat["sig"] = decoded_or_error(decode_signature(bundle.kat.signature));
  kat["certInfo"] = decoded_or_error(decode_certify(bundle.kat.cert_info));
  kat["pubArea"] = decoded_or_error(decode_public(bundle.kat.public_area));
  json::Object pat{{"tpmVer", bundle.pat.tpm_version}, {"kid", to_hex(bundle.pat.kid)}};
  pat["sig"] = decoded_or_error(decode_signature(bundle.pat.signature));
  pat["attestInfo"] = decoded_or_error(decode_quote(bundle.pat.attest_info));
  json::Object facts{{"kat", std::move(kat)}, {"pat", std::move(pat)}};
  if (!bundle.ext) return facts;
  json::Object ext;
  if (!bundle.ext->pcrs.empty()) ext["pcrs"] = describe_pcrs(bundle.ext->pcrs);
  if (!bundle.ext->log.empty()) ext["log"] = std::format("{} octets", bundle.ext->log.size());
  if (!bundle.ext->attestation_key.empty()) {
    ext["ak"] = decoded_or_error(decode_public(bundle.ext->attestation_key));
  }
  if (!bundle.ext->chain.empty()) ext["chain"] = std::format("{} certificates", bundle.ext->chain.size());
  facts["ext"] = std::move(ext);
  return facts;
}

Result<json::Object> describe_bundle(ByteView octets) {
  TRY(const Bundle bundle, decode_bundle(octets));
  return facts_of(bundle);
}

}  // namespace

json::Object describe(const Public& area) {
  json::Object facts{{"structure", "TPMT_PUBLIC"},
                     {"key", crypto::name(area.key_type)},
                     {"name algorithm", hash_name(area.name_alg)},
                     {"attributes", attribute_names(area)}};
  if (const auto name = name_of(area)) facts["Name"] = to_hex(*name);
  if (!area.auth_policy.empty()) facts["authPolicy"] = to_hex(area.auth_policy);
  facts["SubjectPublicKeyInfo"] = to_hex(area.spki);
  return facts;
}

json::Object describe(const Attest& attest) {
  json::Object facts{{"structure", "TPMS_ATTEST"},
                     {"extraData", to_hex(attest.extra_data)},
                     {"qualifiedSigner", to_hex(attest.qualified_signer)},
                     {"clock", attest.clock.clock},
                     {"resetCount", attest.clock.reset_count},
                     {"restartCount", attest.clock.restart_count},
                     {"safe", attest.clock.safe},
                     {"firmwareVersion", attest.firmware_version}};
  if (const auto* certify = std::get_if<CertifyInfo>(&attest.info)) {
    facts["type"] = "certify";
    facts["certified Name"] = to_hex(certify->name);
    facts["certified Qualified Name"] = to_hex(certify->qualified_name);
    return facts;
  }
  const auto& quote = std::get<QuoteInfo>(attest.info);
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

json::Object describe(const Signature& signature) {
  const bool is_ecdsa = signature.scheme == kAlgEcdsa;
  return {{"scheme", is_ecdsa ? "ECDSA" : std::format("0x{:04x}", signature.scheme)},
          {"hash", crypto::name(signature.hash)},
          {"r", is_ecdsa ? to_hex(signature.r) : to_hex(signature.rsa)},
          {"s", to_hex(signature.s)}};
}

}  // namespace tpm

const Kind& tpm_kind() {
  static const Kind kind{.name = "TPM",
                         .forms = {{.shape = Shape::cbor,
                                    .media_types = {kParsecTpm, kTpmChallenge, kSoftwareTest},
                                    .format = "TPM evidence (kat and pat)",
                                    .describe = tpm::describe_bundle}}};
  return kind;
}

}  // namespace credence::evidence
