#include "evidence/sevsnp/check.h"

#include <algorithm>
#include <format>
#include <utility>

#include "base/text.h"
#include "base/weak.h"
#include "crypto/hash.h"
#include "evidence/sevsnp/tsm_report.h"

namespace credence::evidence::sevsnp {
namespace {

template <typename T>
Result<T> in_member(std::string_view member, Result<T> decoded) {
  if (!decoded) return within(member, std::move(decoded).error());
  return decoded;
}

Result<Vek> vek_of(const Report& report, const CertificateTable& table) {
  const auto& certificate = report.signing_key == SigningKey::vcek ? table.vcek : table.vlek;
  if (!certificate)
    return fail_in(
        Errc::missing_member, "auxblob",
        std::format("the report is signed by a {}, whose certificate is not there", name(report.signing_key)));
  TRY(Vek vek, in_member("auxblob.VEK", read_vek(*certificate)));
  // A provider's VLEK speaks for all of its machines: it must not pass for the key of one chip, nor the reverse.
  if (vek.kind != report.signing_key)
    return fail_in(
        Errc::key_mismatch, "auxblob.VEK",
        std::format("SIGNING_KEY says {}, the certificate is one of a {}", name(report.signing_key), name(vek.kind)));
  return vek;
}

bool is_among(const crypto::Certificate& certificate, const std::vector<crypto::Certificate>& others) {
  return std::ranges::any_of(others,
                             [&](const crypto::Certificate& other) { return equal(certificate.der(), other.der()); });
}

// AMD 57230 section 3.1: hwID is the CHIP_ID, on Turin its first 8 octets, the others being zero.
Result<void> check_chip(const Report& report, const Vek& vek) {
  if (!vek.hardware_id) return {};
  const ByteView chip = report.chip_id;
  const std::size_t size = vek.hardware_id->size();
  const bool zeros_follow = std::ranges::all_of(chip.subspan(size), [](std::uint8_t octet) { return octet == 0; });
  if (equal(chip.first(size), *vek.hardware_id) && zeros_follow) return {};
  return fail_in(Errc::key_mismatch, "outblob.CHIP_ID",
                 std::format("expected the chip of the VCEK, {}, got {}", to_hex(*vek.hardware_id), to_hex(chip)));
}

// The VEK is derived from the TCB, so a report of another TCB is not by this key's firmware. Compared with the
// certificate, which AMD signed: the report's word alone would let old firmware with a known hole call itself new
// (A11).
Result<void> check_reported_tcb(const Report& report, const Vek& vek) {
  if (weak::removed(weak::Check::snp_reported_tcb)) return {};
  TRY(const Tcb reported, in_member("outblob.REPORTED_TCB", divide_tcb(report.reported_tcb, vek.product)));
  if (reported == vek.tcb) return {};
  return fail_in(
      Errc::key_mismatch, "outblob.REPORTED_TCB",
      std::format("expected the TCB of the {}, {}; got {}", name(vek.kind), vek.tcb.text(), reported.text()));
}

// AMD 56860 section 3.3: a platform never runs below what it has committed to.
Result<void> check_committed_tcb(const Report& report, const Vek& vek) {
  TRY(const Tcb committed, in_member("outblob.COMMITTED_TCB", divide_tcb(report.committed_tcb, vek.product)));
  TRY(const Tcb current, in_member("outblob.CURRENT_TCB", divide_tcb(report.current_tcb, vek.product)));
  if (current.is_at_least(committed)) return {};
  return fail_in(Errc::invalid_value, "outblob.CURRENT_TCB",
                 std::format("expected at least the committed TCB, {}; got {}", committed.text(), current.text()));
}

// The division of TCB_VERSION follows from the certificate's product: the report must not be another one's. Models that
// are not known here contradict nothing.
Result<void> check_product(const Report& report, const Vek& vek) {
  if (!report.cpuid) return {};
  const auto [family, model, stepping] = *report.cpuid;
  std::optional<Product> product;
  if (family == 0x19 && model <= 0x0f) product = Product::milan;
  if (family == 0x19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf)))
    product = Product::genoa;
  if (family == 0x1a && model <= 0x1f) product = Product::turin;
  if (!product || *product == vek.product) return {};
  return fail_in(Errc::key_mismatch, "outblob.CPUID",
                 std::format("the report is of {}, the {} of {}", name(*product), name(vek.kind), name(vek.product)));
}

Result<void> check_signature(const Report& report, const Vek& vek) {
  TRY(const crypto::PublicKey key, in_member("auxblob.VEK", vek.certificate.public_key()));
  if (key.type() != crypto::KeyType::ec_p384)
    return fail_in(Errc::bad_key, "auxblob.VEK", std::format("expected a P-384 key, got {}", crypto::name(key.type())));
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha384, report.signed_octets));
  return in_member("outblob.SIGNATURE", key.verify_ecdsa(digest, report.r, report.s));
}

}  // namespace

Result<Statements> decode_statements(std::string_view media_type, ByteView octets) {
  TRY(TsmReport tsm, decode_tsm_report(media_type, octets));
  TRY(Report report, in_member("outblob", decode_report(tsm.outblob)));
  TRY(CertificateTable table, in_member("auxblob", decode_certificate_table(tsm.auxblob)));
  TRY(Vek vek, vek_of(report, table));
  return Statements{.report = std::move(report),
                    .certificates = std::move(table),
                    .vek = std::move(vek),
                    .eat_nonce = std::move(tsm.eat_nonce)};
}

Result<void> check_challenge(const Statements& statements, const Nonce& nonce) {
  if (statements.eat_nonce && !equal(*statements.eat_nonce, nonce.view()))
    return fail_in(Errc::nonce_mismatch, "eat_nonce",
                   std::format("expected {}, got {}", to_hex(nonce.view()), to_hex(*statements.eat_nonce)));
  const ByteView data = statements.report.report_data;
  if (equal(data, nonce.view())) return {};
  const std::string advice =
      nonce.view().size() == data.size() ? "" : "; REPORT_DATA has 64 octets, open the session with nonceSize=64";
  return fail_in(Errc::nonce_mismatch, "outblob.REPORT_DATA",
                 std::format("the report was made for another challenge: expected {}, got {}{}", to_hex(nonce.view()),
                             to_hex(data), advice));
}

Result<void> check_chain(const Statements& statements, const Roots& roots, Timestamp at) {
  const CertificateTable& table = statements.certificates;
  std::vector<crypto::Certificate> arks = roots.arks;
  // Alone: of two roots with one name OpenSSL tries the first.
  if (weak::removed(weak::Check::snp_root) && table.ark) arks = {*table.ark};
  // Whoever brings a root of his own is told so; nothing would be built on it (A9).
  if (table.ark && !is_among(*table.ark, arks))
    return fail_in(Errc::untrusted_chain, "auxblob.ARK",
                   std::format("{} is not the root that was provisioned under this name", table.ark->subject()));
  std::vector<crypto::Certificate> asks = roots.asks;
  if (table.ask) asks.push_back(*table.ask);
  return in_member("auxblob.VEK", crypto::verify_chain(statements.vek.certificate, asks, arks, at));
}

Result<void> check_report(const Statements& statements) {
  const Report& report = statements.report;
  CHECK(check_signature(report, statements.vek));
  CHECK(check_product(report, statements.vek));
  CHECK(check_chip(report, statements.vek));
  CHECK(check_reported_tcb(report, statements.vek));
  return check_committed_tcb(report, statements.vek);
}

}  // namespace credence::evidence::sevsnp
