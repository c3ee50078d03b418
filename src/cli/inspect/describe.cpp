#include "cli/inspect/describe.h"

#include <algorithm>
#include <array>
#include <format>
#include <string_view>

#include "base/text.h"
#include "crypto/certificate.h"
#include "evidence/kind.h"
#include "evidence/tpm/kind.h"
#include "wire/cbor/diagnostic.h"
#include "wire/cbor/reader.h"

namespace credence::cli {
namespace {

namespace tpm = evidence::tpm;

json::Object with_format(std::string_view format, json::Object facts) {
  json::Object named{{"format", format}};
  for (auto& [key, value] : facts) named[key] = std::move(value);
  return named;
}

std::unexpected<Error> none_of_these() {
  std::string kinds;
  for (const evidence::Kind* kind : evidence::kinds()) kinds += (kinds.empty() ? "" : ", ") + std::string(kind->name);
  return fail(Errc::unsupported,
              std::format("expected a CMW, evidence ({}), a CoRIM, CoSERV, an EAR, TPMS_ATTEST, TPMT_PUBLIC, "
                          "TPMT_SIGNATURE, a certificate, a public key or CBOR; it is none of these",
                          kinds));
}

// The first form that fits; else the error of the last that was tried.
template <evidence::Shape shape>
Result<json::Object> as_evidence(ByteView content) {
  Result<json::Object> facts = none_of_these();
  for (const evidence::Kind* kind : evidence::kinds()) {
    for (const evidence::Form& form : kind->forms) {
      if (form.shape != shape) continue;
      facts = form.describe(content);
      if (facts) return with_format(form.format, *std::move(facts));
    }
  }
  return facts;
}

// --- texts ---

Result<json::Object> as_ear_token(std::string_view text) {
  TRY(const rats::Ear ear, rats::decode_ear(text));
  return with_format("EAR, signed (JWT); the signature was not checked", describe_ear(ear));
}

Result<json::Object> as_ear_claims(std::string_view text) {
  TRY(const json::Value value, json::parse(text));
  TRY(const rats::Ear ear, rats::ear_from_json(value));
  return with_format("EAR claims, not signed", describe_ear(ear));
}

json::Object describe_certificate(const crypto::Certificate& certificate) {
  return json::Object{{"format", "X.509 certificate"},
                      {"subject", certificate.subject()},
                      {"not before", to_rfc3339(certificate.not_before())},
                      {"not after", to_rfc3339(certificate.not_after())},
                      {"SubjectPublicKeyInfo", to_hex(certificate.spki())}};
}

json::Object describe_public_key(const crypto::PublicKey& key) {
  return json::Object{
      {"format", "public key"}, {"key", crypto::name(key.type())}, {"SubjectPublicKeyInfo", to_hex(key.spki())}};
}

Result<json::Object> as_certificates(std::string_view text) {
  TRY(const auto certificates, crypto::certificates_from_pem(text));
  auto chain = as_evidence<evidence::Shape::pem>(as_bytes(text));
  if (chain || certificates.size() > 1) return chain;
  return describe_certificate(certificates.front());
}

Result<json::Object> as_cmw(ByteView content) {
  TRY(const rats::Cmw cmw, rats::decode_cmw(content));
  TRY(json::Object facts, describe_cmw(cmw));
  return with_format("CMW", std::move(facts));
}

Result<json::Object> describe_text(ByteView content) {
  std::string_view text = as_text(content);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  if (text.starts_with("-----BEGIN CERTIFICATE")) return as_certificates(text);
  if (text.starts_with("-----BEGIN PUBLIC KEY"))
    return crypto::PublicKey::from_pem(text).transform(describe_public_key);
  if (text.starts_with("eyJ")) return as_ear_token(text);
  if (auto claims = as_ear_claims(text)) return claims;
  if (auto facts = as_evidence<evidence::Shape::json>(as_bytes(text))) return facts;
  if (auto cmw = as_cmw(as_bytes(text))) return cmw;
  return none_of_these();
}

bool looks_like_text(ByteView content) {
  return std::ranges::all_of(content.first(std::min<std::size_t>(content.size(), 64)), [](std::uint8_t octet) {
    return octet == '\n' || octet == '\r' || octet == '\t' || (octet >= 0x20 && octet < 0x7f);
  });
}

// --- octets ---

Result<json::Object> as_certificate(ByteView content) {
  return crypto::Certificate::from_der(content).transform(describe_certificate);
}

Result<json::Object> as_public_key(ByteView content) {
  return crypto::PublicKey::from_spki(content).transform(describe_public_key);
}

Result<json::Object> as_signed_corim(ByteView content) {
  TRY(const rats::SignedCorim corim, rats::decode_signed_corim(content));
  json::Object facts = describe_corim(corim.corim);
  facts["signer"] = corim.signer.name;
  return with_format("CoRIM, signed; the signature was not checked", std::move(facts));
}

Result<json::Object> as_corim(ByteView content) {
  TRY(const rats::Corim corim, rats::decode_corim(content));
  return with_format("CoRIM, not signed", describe_corim(corim));
}

Result<json::Object> as_coserv(ByteView content) {
  if (const auto query = rats::decode_coserv_query(content))
    return with_format("CoSERV query", describe_coserv(*query));
  TRY(const rats::Coserv message, rats::decode_coserv(content));
  return with_format("CoSERV results, not signed", describe_coserv(message));
}

Result<json::Object> as_signed_coserv(ByteView content) {
  TRY(const cose::Sign1 message, cose::decode_sign1(content));
  TRY(const rats::Coserv decoded, rats::decode_coserv(message.payload));
  return with_format("CoSERV results, signed; the signature was not checked", describe_coserv(decoded));
}

Result<json::Object> as_sign1(ByteView content) {
  auto results = as_signed_coserv(content);
  return results ? std::move(results) : as_signed_corim(content);
}

Result<json::Object> as_attest(ByteView content) {
  if (auto certify = tpm::decode_certify(content)) return with_format("TPM structure", tpm::describe(*certify));
  TRY(const tpm::Attest quote, tpm::decode_quote(content));
  return with_format("TPM structure", tpm::describe(quote));
}

Result<json::Object> as_public_area(ByteView content) {
  TRY(const tpm::Public area, tpm::decode_public(content));
  return with_format("TPM structure", tpm::describe(area));
}

Result<json::Object> as_tpm_signature(ByteView content) {
  TRY(const tpm::Signature signature, tpm::decode_signature(content));
  return json::Object{{"format", "TPM structure"},
                      {"structure", "TPMT_SIGNATURE"},
                      {"hash", crypto::name(signature.hash)},
                      {"r", signature.scheme == tpm::kAlgEcdsa ? to_hex(signature.r) : to_hex(signature.rsa)},
                      {"s", to_hex(signature.s)}};
}

Result<json::Object> as_any_cbor(ByteView content) {
  TRY(const std::string notation, cbor::to_diagnostic(content));
  return json::Object{{"format", "CBOR of no format that is known here"}, {"diagnostic notation", notation}};
}

Result<json::Object> as_ear_cwt(ByteView content) {
  TRY(const rats::Ear ear, rats::decode_ear_cwt(content));
  return with_format("EAR, signed (CWT); the signature was not checked", describe_ear(ear));
}

constexpr std::uint8_t kTagSign1 = 0xd2;  // CBOR tag 18
constexpr std::array<std::uint8_t, 4> kTpmGenerated = {0xff, 0x54, 0x43, 0x47};

Result<json::Object> describe_octets(ByteView content) {
  if (content[0] == kTagSign1) {
    auto facts = as_evidence<evidence::Shape::sign1>(content);
    return facts ? std::move(facts) : as_sign1(content);
  }
  if (content.size() > 4 && equal(content.first(4), kTpmGenerated)) return as_attest(content);
  using Reading = Result<json::Object> (*)(ByteView);
  static constexpr std::array kReadings = {Reading{as_certificate},   Reading{as_public_key},
                                           Reading{as_ear_cwt},       Reading{as_evidence<evidence::Shape::cbor>},
                                           Reading{as_corim},         Reading{as_coserv},
                                           Reading{as_cmw},           Reading{as_public_area},
                                           Reading{as_tpm_signature}, Reading{as_evidence<evidence::Shape::binary>},
                                           Reading{as_any_cbor}};
  for (const Reading reading : kReadings) {
    if (auto facts = reading(content)) return facts;
  }
  return none_of_these();
}

}  // namespace

Result<json::Object> describe(ByteView content) {
  if (content.empty()) return fail(Errc::truncated, "the file is empty");
  if (looks_like_text(content)) return describe_text(content);
  return describe_octets(content);
}

}  // namespace credence::cli
