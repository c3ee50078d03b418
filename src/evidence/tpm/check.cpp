#include "evidence/tpm/check.h"

#include <format>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/text.h"
#include "base/weak.h"

namespace credence::evidence::tpm {
namespace {

using weak::Check;
using weak::removed;

// protocol.md 2.5 and section 3 step 2: kat and pat both carry the expected value. A kat for another connection would
// be a replayed key, a pat for another one a replayed platform state (A4); spliced halves fail here too. Veraison
// compares neither.
Result<void> check_extra_data(const Statements& statements, ByteView expected, Errc mismatch) {
  const std::string_view why = "extraData is not what was asked for: the evidence was made for another ";
  const std::string_view what = mismatch == Errc::binder_mismatch ? "connection or TLS key" : "challenge";
  if (!removed(Check::kat_extra_data) && !constant_time_equal(statements.certify.extra_data, expected))
    return fail_in(mismatch, "kat.certInfo.extraData", std::format("{}{}", why, what));
  if (!removed(Check::pat_extra_data) && !constant_time_equal(statements.quote.extra_data, expected))
    return fail_in(mismatch, "pat.attestInfo.extraData", std::format("{}{}", why, what));
  return {};
}

// docs/formats/evidence-tpm.md: the trust anchor is looked up by one kid; another one in the pat would let a quote of
// some other, healthy machine stand beside this key.
Result<void> check_one_kid(const Statements& statements) {
  const auto& [kat, pat, ext] = statements.bundle;
  if (removed(Check::kid_equality) || equal(kat.kid, pat.kid)) return {};
  return fail_in(Errc::kid_mismatch, "pat.kid",
                 std::format("kat was signed by {}, pat by {}", to_hex(kat.kid), to_hex(pat.kid)));
}

// protocol.md 2.5: the same attestation key in the same hierarchy signed both. Equal kids are only claims.
Result<void> check_one_signer(const Statements& statements) {
  if (removed(Check::qualified_signer_equality) ||
      equal(statements.certify.qualified_signer, statements.quote.qualified_signer))
    return {};
  return fail_in(Errc::signer_mismatch, "pat.attestInfo.qualifiedSigner",
                 std::format("kat says {}, pat says {}", to_hex(statements.certify.qualified_signer),
                             to_hex(statements.quote.qualified_signer)));
}

// protocol.md 2.5: both stem from one boot. Otherwise a key certified in a good boot could be shown with a quote of
// another, or the reverse.
Result<void> check_one_boot(const Statements& statements) {
  const ClockInfo& certify = statements.certify.clock;
  const ClockInfo& quote = statements.quote.clock;
  if (!removed(Check::reset_counters) &&
      (certify.reset_count != quote.reset_count || certify.restart_count != quote.restart_count))
    return fail_in(Errc::reset_mismatch, "pat.attestInfo.clockInfo",
                   std::format("kat stems from reset {} restart {}, pat from reset {} restart {}: the TPM was "
                               "restarted between them",
                               certify.reset_count, certify.restart_count, quote.reset_count, quote.restart_count));
  // A quote from before the certify could hide what was loaded in between.
  if (!removed(Check::quote_clock) && quote.clock < certify.clock)
    return fail_in(Errc::reset_mismatch, "pat.attestInfo.clockInfo.clock",
                   std::format("the quote ({} ms) is older than the certify ({} ms)", quote.clock, certify.clock));
  return {};
}

// docs/formats/evidence-tpm.md: the signed certify names the key only by its Name. Without this comparison any public
// area can be shown beside a certify of some other key.
Result<void> check_certified_name(const Statements& statements) {
  TRY(const Name name, name_of(statements.tls_key));
  if (removed(Check::certified_name) || equal(name, statements.certified().name)) return {};
  return fail_in(Errc::key_mismatch, "kat.certInfo.attested.name",
                 std::format("the certify names {}, the Name of pubArea is {}", to_hex(statements.certified().name),
                             to_hex(name)));
}

struct Attribute {
  std::uint32_t bit;
  std::string_view name;
};
constexpr Attribute kMadeInside[] = {
    {kFixedTpm, "fixedTPM"}, {kFixedParent, "fixedParent"}, {kSensitiveDataOrigin, "sensitiveDataOrigin"}};

// The first attribute that is not as it must be, as text; empty when all are.
std::string wrong_attribute(const Public& area, std::uint32_t must_be_clear) {
  for (const Attribute& attribute : kMadeInside)
    if (!area.has(attribute.bit)) return std::format("{} is not set", attribute.name);
  if (!area.has(kSign)) return "sign is not set";
  if ((area.attributes & must_be_clear & kDecrypt) != 0) return "decrypt is set";
  if ((area.attributes & must_be_clear & kRestricted) != 0) return "restricted is set";
  return {};
}

// protocol.md 2.1: the TLS key was made in this TPM and cannot leave it. A key that was imported, or can be duplicated,
// may be in the hands of a relay, and a leaked key with a quote interface breaks every binding (A7, R1, R2).
Result<void> check_key_provenance(const Statements& statements) {
  if (removed(Check::key_provenance)) return {};
  const std::string wrong = wrong_attribute(statements.tls_key, kDecrypt | kRestricted);
  if (wrong.empty()) return {};
  return fail_in(Errc::external_key, "kat.pubArea.objectAttributes",
                 std::format("the TLS key was not made in the root of trust or may leave it: {} in {:#010x}", wrong,
                             statements.tls_key.attributes));
}

// docs/formats/evidence-tpm.md: the digest of an empty selection is matched by any reference values (R3). A quote that
// covers only resettable PCRs or SHA-1 banks says no more.
Result<void> check_selection(const Statements& statements) {
  if (covered_pcrs(statements.quoted()) != 0) return {};
  return fail_in(Errc::insufficient_pcrs, "pat.attestInfo.pcrSelect",
                 "the quote covers no PCR that counts: expected a selection from a bank of SHA-256 or better, and "
                 "other PCRs than 16 and 23");
}

// docs/formats/evidence-tpm.md: the PCRs come from the bank of the hash that the signature uses. Veraison demands it
// and compares with the approved values of that one bank; a quote that it refuses must not pass here.
Result<void> check_bank(const Statements& statements) {
  const std::uint16_t expected = alg_from_hash(statements.quote_signature.hash);
  for (const PcrSelection& selection : statements.quoted().selections) {
    if (selection.hash == expected) continue;
    return fail_in(Errc::invalid_value, "pat.attestInfo.pcrSelect",
                   std::format("expected PCRs of bank {:#06x}, the hash of the signature, got bank {:#06x}: quote that "
                               "bank, or use an attestation key that signs over its hash",
                               expected, selection.hash));
  }
  return {};
}

// protocol.md 2.5: values beside the quote are only a hint until they hash to what was signed; unchecked, they would be
// whatever the attester likes to show.
Result<void> check_pcr_values(const Statements& statements) {
  const auto& ext = statements.bundle.ext;
  if (removed(Check::quoted_pcr_values) || !ext || ext->pcrs.empty()) return {};
  const auto digest = composite_digest(statements.quote_signature.hash, statements.quoted().selections, ext->pcrs);
  if (!digest) return within("ext.pcrs", digest.error());
  if (equal(digest->view(), statements.quoted().digest)) return {};
  return fail_in(Errc::pcr_mismatch, "ext.pcrs",
                 std::format("the values hash to {}, the quote says {}", to_hex(digest->view()),
                             to_hex(statements.quoted().digest)));
}

// protocol.md section 3 step 2: the attested key is the key that CertificateVerify will prove. Otherwise evidence of a
// key that some other machine holds would vouch for this endpoint.
Result<void> check_tls_key(const Statements& statements, ByteView leaf_spki) {
  if (removed(Check::key_equality) || equal(statements.tls_key.spki, leaf_spki)) return {};
  return fail_in(Errc::key_mismatch, "kat.pubArea", "the attested key is not the key of the certificate");
}

template <typename T>
Result<T> in_member(std::string_view member, Result<T> decoded) {
  if (!decoded) return within(member, std::move(decoded).error());
  return decoded;
}

}  // namespace

Result<Statements> decode_statements(ByteView evidence, const cbor::Limits& limits) {
  TRY(Bundle bundle, decode_bundle(evidence, limits));
  TRY(Public tls_key, in_member("kat.pubArea", decode_public(bundle.kat.public_area)));
  TRY(Attest certify, in_member("kat.certInfo", decode_certify(bundle.kat.cert_info)));
  TRY(Attest quote, in_member("pat.attestInfo", decode_quote(bundle.pat.attest_info)));
  TRY(Signature certify_signature, in_member("kat.sig", decode_signature(bundle.kat.signature)));
  TRY(Signature quote_signature, in_member("pat.sig", decode_signature(bundle.pat.signature)));
  return Statements{.bundle = std::move(bundle),
                    .tls_key = std::move(tls_key),
                    .certify = std::move(certify),
                    .quote = std::move(quote),
                    .certify_signature = std::move(certify_signature),
                    .quote_signature = std::move(quote_signature)};
}

Result<void> check_statements(const Statements& statements, ByteView extra_data, Errc mismatch) {
  CHECK(check_extra_data(statements, extra_data, mismatch));
  CHECK(check_one_kid(statements));
  CHECK(check_one_signer(statements));
  CHECK(check_one_boot(statements));
  CHECK(check_certified_name(statements));
  CHECK(check_key_provenance(statements));
  CHECK(check_selection(statements));
  CHECK(check_bank(statements));
  return check_pcr_values(statements);
}

Result<Statements> check_binding(ByteView evidence, const Binder& binder, ByteView leaf_spki) {
  TRY(Statements statements, decode_statements(evidence));
  CHECK(check_tls_key(statements, leaf_spki));
  CHECK(check_statements(statements, binder.view(), Errc::binder_mismatch));
  return statements;
}

// Without signatures by an endorsed key everything above is only what the sender wrote.
Result<void> check_signatures(const Statements& statements, const crypto::PublicKey& attestation_key) {
  if (removed(Check::signatures)) return {};
  const auto& [kat, pat, ext] = statements.bundle;
  CHECK(in_member("kat.sig", verify(statements.certify_signature, attestation_key, kat.cert_info)));
  return in_member("pat.sig", verify(statements.quote_signature, attestation_key, pat.attest_info));
}

// protocol.md 2.2: an unrestricted key signs octets of the caller's choice, so whoever may use it can write any
// TPMS_ATTEST with a software key in it (A7).
Result<void> check_attestation_key(const Public& area) {
  if (removed(Check::restricted)) return {};
  if (!area.has(kRestricted))
    return fail_in(Errc::unrestricted_attestation_key, "objectAttributes",
                   std::format("restricted is not set in {:#010x}: this key signs anything, not only what the TPM "
                               "states",
                               area.attributes));
  const std::string wrong = wrong_attribute(area, kDecrypt);
  if (wrong.empty()) return {};
  return fail_in(Errc::external_key, "objectAttributes",
                 std::format("{} in {:#010x}: the attestation key may exist outside the TPM", wrong, area.attributes));
}

// The attributes of a public area count only if it is the endorsed key's own: the Name is the hash over them.
Result<void> check_name(const Public& area, ByteView endorsed_name) {
  TRY(const Name name, name_of(area));
  if (removed(Check::endorsed_name) || equal(name, endorsed_name)) return {};
  return fail(Errc::signer_mismatch, std::format("the endorsed Name is {}, the Name of the endorsed public area {}",
                                                 to_hex(endorsed_name), to_hex(name)));
}

Result<void> check_signer(const Statements& statements, const EndorsedSigner& signer) {
  CHECK(in_member("endorsement", check_attestation_key(signer.public_area)));
  CHECK(in_member("endorsement", check_name(signer.public_area, signer.name)));
  // protocol.md 2.2: the Qualified Name adds the hierarchy. In the owner hierarchy the TPM scrambles firmwareVersion
  // and the reset counters, so an attester could pass off any boot as this one.
  if (!removed(Check::qualified_signer) && !equal(statements.certify.qualified_signer, signer.qualified_name))
    return fail_in(Errc::signer_mismatch, "kat.certInfo.qualifiedSigner",
                   std::format("the endorsed Qualified Name is {}, the statements were signed by {}",
                               to_hex(signer.qualified_name), to_hex(statements.certify.qualified_signer)));
  return {};
}

}  // namespace credence::evidence::tpm
