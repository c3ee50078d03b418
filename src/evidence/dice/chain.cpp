#include "evidence/dice/chain.h"

#include <algorithm>
#include <array>
#include <format>
#include <iterator>
#include <span>
#include <utility>

#include "base/text.h"
#include "base/weak.h"
#include "crypto/authority.h"
#include "crypto/certificate_fields.h"
#include "crypto/der.h"
#include "rats/cmw/cmw.h"
#include "rats/eat/eat.h"

namespace credence::evidence::dice {
namespace {

namespace der = crypto::der;

constexpr std::size_t kLargest = 64 * 1024;
constexpr std::size_t kMostCertificates = 8;
constexpr std::string_view kProofProfile = "tag:credence.example,2026:dice";
constexpr std::string_view kKeyUsage = "2.5.29.15";

// Critical extensions that are looked at here, or by OpenSSL: basicConstraints, keyUsage, extKeyUsage, subjectAltName,
// certificatePolicies, and DICE's own.
constexpr std::array<std::string_view, 10> kUnderstood = {"2.5.29.19",   kKeyUsage, "2.5.29.37", "2.5.29.17",
                                                          "2.5.29.32",   kTcbInfo,  kUeid,       kMultiTcbInfo,
                                                          kTcbFreshness, kRiot};

Result<Chain> with_measurements(std::vector<crypto::Certificate> certificates) {
  if (certificates.empty() || certificates.size() > kMostCertificates)
    return fail(certificates.empty() ? Errc::missing_member : Errc::too_large,
                std::format("expected 1 to {} certificates, got {}", kMostCertificates, certificates.size()));
  Chain chain;
  chain.certificates = std::move(certificates);
  for (std::size_t i = 0; i < chain.certificates.size(); ++i) {
    auto measurements = measurements_of(chain.certificates[i]);
    if (!measurements) return within(std::format("certificate {}", i), std::move(measurements).error());
    chain.measurements.push_back(*std::move(measurements));
  }
  TRY(chain.leaf_nonce, freshness_of(chain.certificates.front()));
  return chain;
}

Result<Chain> decode_proof(ByteView octets) {
  TRY(cose::Sign1 message, cose::decode_sign1(octets));
  const auto& x5chain = message.protected_headers.x5chain.empty() ? message.unprotected_headers.x5chain
                                                                  : message.protected_headers.x5chain;
  std::vector<crypto::Certificate> certificates;
  for (const Bytes& octets_of_one : x5chain) {
    TRY(crypto::Certificate certificate, crypto::Certificate::from_der(octets_of_one));
    certificates.push_back(std::move(certificate));
  }
  TRY(Chain chain, with_measurements(std::move(certificates)));
  TRY(rats::EatClaims claims, rats::decode_eat_claims(message.payload));
  // Signed by the same key for another purpose, a nonce in it would prove nothing.
  if (claims.profile != kProofProfile)
    return fail_in(Errc::unsupported, "eat_profile", std::format("expected {}", kProofProfile));
  chain.proof_nonces = std::move(claims.nonces);
  chain.proof = std::move(message);
  return chain;
}

bool is_self_issued(const crypto::Certificate& certificate) {
  return crypto::verify_issued_by(certificate, certificate).has_value();
}

Result<const crypto::Certificate*> issuer_of_leaf(const Chain& chain, const Anchors& anchors) {
  if (chain.certificates.size() > 1) return &chain.certificates[1];
  const crypto::Certificate& leaf = chain.certificates.front();
  for (const auto* provisioned : {&anchors.intermediates, &anchors.roots})
    for (const crypto::Certificate& candidate : *provisioned)
      if (crypto::verify_issued_by(leaf, candidate)) return &candidate;
  return fail(Errc::untrusted_chain, std::format("nobody is known who issued the certificate of {}", leaf.subject()));
}

Result<void> check_validity(const crypto::Certificate& certificate, Timestamp at) {
  if (certificate.not_before() <= at && at <= certificate.not_after()) return {};
  return fail(Errc::expired,
              std::format("the certificate of {} is valid from {} to {}, now it is {}", certificate.subject(),
                          to_rfc3339(certificate.not_before()), to_rfc3339(certificate.not_after()), to_rfc3339(at)));
}

// RFC 5280 section 4.2.1.3. Not OpenSSL's reading of it: that gives nothing for a certificate with RIoT's
// subjectAltName.
Result<void> check_signs(const crypto::Certificate& leaf) {
  TRY(const auto usage, crypto::extension(leaf, kKeyUsage));
  if (!usage) return {};
  der::Reader reader(*usage);
  TRY(const ByteView bits, reader.element(der::Tag::bit_string));
  CHECK(reader.finish());
  if (bits.size() >= 2 && (bits[1] & 0x80U) != 0) return {};
  return fail(Errc::untrusted_chain, "the leaf's keyUsage does not contain digitalSignature");
}

// The leaf by itself: RIoT's subjectAltName is not the one of RFC 5280, and OpenSSL takes no such certificate.
Result<void> check_leaf(const crypto::Certificate& leaf, const crypto::Certificate& issuer, Timestamp at) {
  CHECK(crypto::verify_issued_by(leaf, issuer));
  CHECK(check_validity(leaf, at));
  for (const std::string& critical : crypto::critical_extensions(leaf))
    if (!std::ranges::contains(kUnderstood, critical))
      return fail(Errc::untrusted_chain,
                  std::format("the leaf has a critical extension {} that is not understood", critical));
  return check_signs(leaf);
}

// A layer that names its device must have been issued by it.
Result<void> check_device(const Chain& chain, const crypto::Certificate& issuer) {
  for (const Measurement& measurement : chain.measurements.front())
    if (measurement.device_id && !equal(*measurement.device_id, issuer.spki()))
      return fail(Errc::key_mismatch, "the DeviceID in the leaf is not the key that issued it");
  return {};
}

// SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }: Veraison's DeviceID
// is the last alone.
Result<Bytes> key_octets(ByteView spki) {
  crypto::der::Reader outer(spki);
  TRY(crypto::der::Reader reader, outer.nested(crypto::der::Tag::sequence));
  CHECK(reader.element(crypto::der::Tag::sequence));
  TRY(const ByteView bits, reader.element(crypto::der::Tag::bit_string));
  if (bits.empty()) return fail(Errc::malformed, "subjectPublicKey: expected a BIT STRING");
  return to_bytes(bits.subspan(1));
}

json::Object claims_of(const Measurement& measurement) {
  json::Object claims;
  if (measurement.vendor) claims["vendor"] = *measurement.vendor;
  if (measurement.model) claims["model"] = *measurement.model;
  if (measurement.version) claims["version"] = *measurement.version;
  if (measurement.svn) claims["svn"] = *measurement.svn;
  if (measurement.layer) claims["layer"] = *measurement.layer;
  if (measurement.index) claims["index"] = *measurement.index;
  json::Array firmware;
  for (const FirmwareId& fwid : measurement.firmware)
    firmware.push_back(json::Object{{"hash", fwid.algorithm}, {"digest", to_hex(fwid.digest)}});
  claims["fwids"] = std::move(firmware);
  if (measurement.flags != 0) claims["flags"] = measurement.flags;
  if (measurement.device_id) claims["device-id"] = to_hex(*measurement.device_id);
  return claims;
}

}  // namespace

Result<Chain> decode_chain(std::string_view media_type, ByteView octets) {
  if (octets.size() > kLargest)
    return fail(Errc::too_large, std::format("expected at most {} octets, got {}", kLargest, octets.size()));
  if (rats::same_media_type(media_type, kSignedNonce)) return decode_proof(octets);
  TRY(std::vector<crypto::Certificate> certificates, crypto::certificates_from_pem(as_text(octets)));
  return with_measurements(std::move(certificates));
}

Result<void> check_challenge(const Chain& chain, const Nonce& nonce) {
  const auto wrong = [&](std::string_view where, std::string got) -> Result<void> {
    return fail_in(Errc::nonce_mismatch, std::string(where),
                   std::format("made for another challenge: expected {}, got {}", to_hex(nonce.view()), got));
  };
  if (chain.leaf_nonce && !equal(*chain.leaf_nonce, nonce.view()))
    return wrong("TcbFreshness", to_hex(*chain.leaf_nonce));
  if (chain.proof) {
    const bool found =
        std::ranges::any_of(chain.proof_nonces, [&](const Bytes& one) { return equal(one, nonce.view()); });
    if (!found) return wrong("eat_nonce", chain.proof_nonces.empty() ? "none" : to_hex(chain.proof_nonces.front()));
    return {};
  }
  // Anyone who has seen a bare chain once can show it.
  if (chain.leaf_nonce || weak::removed(weak::Check::dice_freshness)) return {};
  return fail(Errc::nonce_mismatch,
              std::format("expected the nonce {} in the chain (TcbFreshness of its leaf) or in a signed message (see "
                          "docs/formats/evidence-dice.md), got a bare chain",
                          to_hex(nonce.view())));
}

Result<void> check_chain(const Chain& chain, const Anchors& anchors, Timestamp at) {
  std::vector<crypto::Certificate> roots = anchors.roots;
  // Veraison takes a certificate of the evidence that signs itself for a root: whoever has openssl has a device there.
  if (weak::removed(weak::Check::dice_root)) {
    roots.clear();  // of two roots with one name OpenSSL tries the first
    std::ranges::copy_if(chain.certificates, std::back_inserter(roots), is_self_issued);
  }
  TRY(const crypto::Certificate* issuer, issuer_of_leaf(chain, anchors));
  // Every certificate of the evidence says what ran: each must be vouched for by the next, and the last by an anchor.
  // Else whoever shows a chain adds one of his own making, with the firmware or the device that he wants to be.
  std::span<const crypto::Certificate> presented = chain.certificates;
  presented = presented.subspan(std::min<std::size_t>(presented.size(), 2));
  std::vector<crypto::Certificate> others = anchors.intermediates;
  if (weak::removed(weak::Check::dice_path)) {
    others.insert(others.end(), presented.begin(), presented.end());
    presented = {};
  }
  CHECK(
      crypto::verify_authority(*issuer, {.presented = presented, .others = others, .anchors = roots}, at, kUnderstood));
  const crypto::Certificate& leaf = chain.certificates.front();
  CHECK(check_leaf(leaf, *issuer, at));
  CHECK(check_device(chain, *issuer));
  if (!chain.proof) return {};
  TRY(const crypto::PublicKey key, leaf.public_key());
  return cose::verify(*chain.proof, key);
}

Bytes device_key(const Chain& chain) {
  for (const auto& measurements : chain.measurements)
    for (const Measurement& measurement : measurements)
      if (measurement.device_id) return *measurement.device_id;
  for (std::size_t i = 0; i + 1 < chain.certificates.size(); ++i)
    if (!chain.measurements[i].empty()) return to_bytes(chain.certificates[i + 1].spki());
  return to_bytes(chain.certificates.back().spki());
}

json::Object claims_of(const Chain& chain) {
  json::Object claims;
  json::Array layers;
  for (std::size_t i = 0; i < chain.certificates.size(); ++i) {
    for (const Measurement& measurement : chain.measurements[i]) {
      if (!claims.contains("FWID") && !measurement.firmware.empty())
        claims["FWID"] = to_base64(measurement.firmware.front().digest);
      if (!claims.contains("DeviceID") && measurement.device_id)
        if (const auto octets = key_octets(*measurement.device_id)) claims["DeviceID"] = to_base64(*octets);
      json::Object layer = claims_of(measurement);
      layer["subject"] = chain.certificates[i].subject();
      layers.push_back(std::move(layer));
    }
  }
  claims["layers"] = std::move(layers);
  return claims;
}

}  // namespace credence::evidence::dice
