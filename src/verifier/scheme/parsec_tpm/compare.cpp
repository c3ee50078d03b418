#include "verifier/scheme/parsec_tpm/compare.h"

#include <algorithm>
#include <cstddef>
#include <format>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/weak.h"
#include "verifier/scheme/parsec_tpm/trace_steps.h"

namespace credence::verifier {
namespace {

namespace tpm = evidence::tpm;

// More combinations of approved values than this are not tried: the attester can send the values.
constexpr std::size_t kMaxCombinations = 256;

std::string bank_name(std::uint16_t bank) {
  const auto hash = tpm::hash_from_alg(bank);
  return hash ? std::string(crypto::name(*hash)) : std::format("bank {:#06x}", bank);
}

const std::vector<ApprovedValue>* known_values(const ReferenceValues& values, std::uint16_t bank, std::uint8_t pcr) {
  const auto hash = tpm::hash_from_alg(bank);
  if (!hash) return nullptr;
  const auto in_bank = values.pcrs.find(*hash);
  if (in_bank == values.pcrs.end()) return nullptr;
  const auto known = in_bank->second.find(pcr);
  return known == in_bank->second.end() ? nullptr : &known->second;
}

std::string ambiguity_text(const ReferenceValues& values, std::uint8_t pcr) {
  const auto ambiguous = values.ambiguous.find(pcr);
  if (ambiguous == values.ambiguous.end()) return "";
  return std::format(
      " (CoRIM {} states an algorithm twice in one measurement of it, which matches nothing: state "
      "alternatives in measurements of their own)",
      ambiguous->second.corims());
}

struct Mismatch {
  std::string why;
  bool expired = false;  // the value is an approved one, at another time
};

// Nothing when the value is approved.
std::optional<Mismatch> mismatch(const ReferenceValues& values, const std::vector<ApprovedValue>* known,
                                 std::string_view bank, std::uint8_t pcr, const Bytes& got, Timestamp now) {
  if (known == nullptr)
    return Mismatch{.why = std::format("PCR {} ({}): no reference value, got {}{}", pcr, bank, to_hex(got),
                                       ambiguity_text(values, pcr))};
  const ApprovedValue* same = find_approved(*known, got);
  if (same == nullptr)
    return Mismatch{.why = std::format("PCR {} ({}): expected {}, got {}{}", pcr, bank, expected_text(*known, now),
                                       to_hex(got), ambiguity_text(values, pcr))};
  if (same->validity.contains(now)) return std::nullopt;
  return Mismatch{
      .why = std::format("PCR {} ({}): the reference value {} {}", pcr, bank, to_hex(got), same->validity.refusal(now)),
      .expired = true};
}

Result<void> compare_values(const tpm::QuoteInfo& quote, const tpm::PcrValues& pcrs, const ReferenceValues& values,
                            Timestamp now, Trace& trace) {
  std::string mismatches;
  bool only_expired = true;
  for (const tpm::PcrSelection& selection : quote.selections)
    for (const std::uint8_t pcr : selection.pcrs) {
      const auto* known = known_values(values, selection.hash, pcr);
      const Bytes& got = pcrs.at(selection.hash).at(pcr);
      const std::string bank = bank_name(selection.hash);
      const auto wrong = mismatch(values, known, bank, pcr, got, now);
      trace_pcr(trace, {.bank = bank, .pcr = pcr, .value = got, .agrees = !wrong.has_value()}, values, known, now);
      if (!wrong) continue;
      mismatches += (mismatches.empty() ? "" : "; ") + wrong->why;
      only_expired = only_expired && wrong->expired;
    }
  if (mismatches.empty()) return {};
  return fail(only_expired ? Errc::expired : Errc::pcr_mismatch, std::move(mismatches));
}

struct Selected {
  std::uint16_t bank = 0;
  std::uint8_t pcr = 0;
  std::vector<const ApprovedValue*> approved;  // valid now
};

// One quoted PCR whose value did not come along.
Result<Selected> approved_of(std::uint16_t hash, std::uint8_t pcr, const ReferenceValues& values, Timestamp now,
                             Trace& trace) {
  const std::string bank = bank_name(hash);
  const auto* known = known_values(values, hash, pcr);
  Selected selected{.bank = hash, .pcr = pcr, .approved = {}};
  if (known != nullptr)
    for (const ApprovedValue& approved : *known)
      if (approved.validity.contains(now)) selected.approved.push_back(&approved);
  if (!selected.approved.empty()) return selected;
  trace_pcr(trace, {.bank = bank, .pcr = pcr, .value = {}, .agrees = false}, values, known, now);
  if (known == nullptr)
    return fail(Errc::pcr_mismatch, std::format("PCR {} ({}) is quoted and has no reference value{}", pcr, bank,
                                                ambiguity_text(values, pcr)));
  return fail(Errc::expired,
              std::format("PCR {} ({}): its reference value {}", pcr, bank, known->back().validity.refusal(now)));
}

Result<std::vector<Selected>> approved_of_all(const tpm::QuoteInfo& quote, const ReferenceValues& values, Timestamp now,
                                              Trace& trace) {
  std::vector<Selected> all;
  for (const tpm::PcrSelection& selection : quote.selections)
    for (const std::uint8_t pcr : selection.pcrs) {
      TRY(Selected selected, approved_of(selection.hash, pcr, values, now, trace));
      all.push_back(std::move(selected));
    }
  return all;
}

// One approved value of each PCR: those of the combination with this number, counting the values of a PCR as a digit.
std::vector<const ApprovedValue*> combination(const std::vector<Selected>& all, std::size_t number) {
  std::vector<const ApprovedValue*> chosen;
  for (const Selected& selected : all) {
    chosen.push_back(selected.approved[number % selected.approved.size()]);
    number /= selected.approved.size();
  }
  return chosen;
}

tpm::PcrValues values_of(const std::vector<Selected>& all, const std::vector<const ApprovedValue*>& chosen) {
  tpm::PcrValues values;
  for (std::size_t i = 0; i < all.size(); ++i) values[all[i].bank][all[i].pcr] = chosen[i]->value;
  return values;
}

ExpectedComposite expected_composite(const crypto::Digest& digest, const std::vector<const ApprovedValue*>& chosen) {
  ExpectedComposite expected{.digest = to_hex(digest.view()), .sources = {}};
  for (const ApprovedValue* approved : chosen) expected.sources.add(approved->sources);
  return expected;
}

std::size_t combinations(const std::vector<Selected>& all) {
  std::size_t count = 1;
  for (const Selected& selected : all) count = std::min(count * selected.approved.size(), kMaxCombinations + 1);
  return count;
}

std::unexpected<Error> too_many(ByteView got, Trace& trace) {
  const ExpectedComposite any{.digest = std::format("one of more than {} combinations", kMaxCombinations),
                              .sources = {}};
  trace_composite(trace, {&any, 1}, got, 0, false);
  return fail(Errc::pcr_mismatch,
              std::format("the approved values combine in more than {} ways: the attester must send its PCR values "
                          "beside the quote (ext.pcrs)",
                          kMaxCombinations));
}

Result<void> compare_composite(const tpm::Statements& statements, const ReferenceValues& values, Timestamp now,
                               Trace& trace) {
  const tpm::QuoteInfo& quote = statements.quoted();
  TRY(const std::vector<Selected> all, approved_of_all(quote, values, now, trace));
  const std::size_t count = combinations(all);
  if (count > kMaxCombinations) return too_many(quote.digest, trace);
  std::vector<ExpectedComposite> expected;
  for (std::size_t number = 0; number < count; ++number) {
    const auto chosen = combination(all, number);
    TRY(const crypto::Digest digest,
        tpm::composite_digest(statements.quote_signature.hash, quote.selections, values_of(all, chosen)));
    if (equal(digest.view(), quote.digest)) {
      if (trace.wanted())
        trace_composite(trace, std::vector{expected_composite(digest, chosen)}, quote.digest, 0, true);
      return {};
    }
    if (expected.size() < kMostNamed) expected.push_back(expected_composite(digest, chosen));
  }
  const std::size_t left_out = count - expected.size();
  trace_composite(trace, expected, quote.digest, left_out, false);
  std::string texts;
  for (const ExpectedComposite& composite : expected) texts += (texts.empty() ? "" : " or ") + composite.digest;
  return fail(Errc::pcr_mismatch,
              std::format("digest over all quoted PCRs: expected {}{}, got {}; which PCR differs is not "
                          "known, since the attester sent no values beside the quote",
                          texts, others_text(left_out), to_hex(quote.digest)));
}

}  // namespace

// docs/formats/evidence-tpm.md: the selection is the attester's own choice, and leaving out the PCR that changed would
// be enough to pass.
Result<void> check_minimum_pcrs(const tpm::QuoteInfo& quote, const Policy& policy) {
  if (weak::removed(weak::Check::minimum_pcrs)) return {};
  const std::uint32_t covered = tpm::covered_pcrs(quote);
  std::string missing;
  for (const std::uint8_t pcr : policy.minimum_pcrs)
    if (pcr > 31 || (covered >> pcr & 1) == 0) missing += std::format("{}{}", missing.empty() ? "" : ", ", pcr);
  if (missing.empty()) return {};
  return fail(
      Errc::insufficient_pcrs,
      std::format("the policy demands PCR {}, which the quote does not cover in a bank of SHA-256 or better", missing));
}

// Without an approved state the result would only say that some TPM of some machine signed (R3).
Result<void> compare_pcrs(const tpm::Statements& statements, const ReferenceValues* values, Timestamp now,
                          Trace& trace) {
  if (weak::removed(weak::Check::reference_values)) return {};
  if (values == nullptr)
    return fail(Errc::no_reference_values, "no reference values are known for the class of this attester");
  const auto& ext = statements.bundle.ext;
  if (ext && !ext->pcrs.empty()) return compare_values(statements.quoted(), ext->pcrs, *values, now, trace);
  return compare_composite(statements, *values, now, trace);
}

}  // namespace credence::verifier
