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

std::vector<const Bytes*> valid_values(const std::vector<ApprovedValue>& known, Timestamp now) {
  std::vector<const Bytes*> valid;
  for (const ApprovedValue& approved : known)
    if (approved.validity.contains(now)) valid.push_back(&approved.value);
  return valid;
}

std::string any_of(const std::vector<const Bytes*>& approved) {
  std::string text;
  for (const Bytes* value : approved) text += (text.empty() ? "" : " or ") + to_hex(*value);
  return text.empty() ? "a value that is valid now, of which there is none" : text;
}

struct Mismatch {
  std::string why;
  bool expired = false;  // the value is an approved one, at another time
};

// Nothing when the value is approved.
std::optional<Mismatch> mismatch(const std::vector<ApprovedValue>* known, std::string_view bank, std::uint8_t pcr,
                                 const Bytes& got, Timestamp now) {
  if (known == nullptr)
    return Mismatch{.why = std::format("PCR {} ({}): no reference value, got {}", pcr, bank, to_hex(got))};
  const auto same = std::ranges::find(*known, got, &ApprovedValue::value);
  if (same == known->end())
    return Mismatch{.why = std::format("PCR {} ({}): expected {}, got {}", pcr, bank, any_of(valid_values(*known, now)),
                                       to_hex(got))};
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
      const auto wrong = mismatch(known, bank_name(selection.hash), pcr, got, now);
      trace_pcr(trace, bank_name(selection.hash), pcr, known, got, !wrong.has_value());
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
  std::vector<const Bytes*> approved;
};

Result<std::vector<Selected>> approved_of_all(const tpm::QuoteInfo& quote, const ReferenceValues& values,
                                              Timestamp now) {
  std::vector<Selected> all;
  for (const tpm::PcrSelection& selection : quote.selections)
    for (const std::uint8_t pcr : selection.pcrs) {
      const auto* known = known_values(values, selection.hash, pcr);
      if (known == nullptr)
        return fail(Errc::pcr_mismatch,
                    std::format("PCR {} ({}) is quoted and has no reference value", pcr, bank_name(selection.hash)));
      auto approved = valid_values(*known, now);
      if (approved.empty())
        return fail(Errc::expired, std::format("PCR {} ({}): its reference value {}", pcr, bank_name(selection.hash),
                                               known->back().validity.refusal(now)));
      all.push_back({.bank = selection.hash, .pcr = pcr, .approved = std::move(approved)});
    }
  return all;
}

// The combination with this number, counting each PCR's approved values as a digit.
tpm::PcrValues combination(const std::vector<Selected>& all, std::size_t number) {
  tpm::PcrValues chosen;
  for (const Selected& selected : all) {
    chosen[selected.bank][selected.pcr] = *selected.approved[number % selected.approved.size()];
    number /= selected.approved.size();
  }
  return chosen;
}

std::size_t combinations(const std::vector<Selected>& all) {
  std::size_t count = 1;
  for (const Selected& selected : all) count = std::min(count * selected.approved.size(), kMaxCombinations + 1);
  return count;
}

Result<void> compare_composite(const tpm::Statements& statements, const ReferenceValues& values, Timestamp now,
                               Trace& trace) {
  const tpm::QuoteInfo& quote = statements.quoted();
  TRY(const std::vector<Selected> all, approved_of_all(quote, values, now));
  const std::size_t count = combinations(all);
  if (count > kMaxCombinations)
    return fail(Errc::pcr_mismatch,
                std::format("the approved values combine in more than {} ways: the attester must send its PCR values "
                            "beside the quote (ext.pcrs)",
                            kMaxCombinations));
  std::string expected;
  for (std::size_t number = 0; number < count; ++number) {
    TRY(const crypto::Digest digest,
        tpm::composite_digest(statements.quote_signature.hash, quote.selections, combination(all, number)));
    if (equal(digest.view(), quote.digest)) {
      trace_composite(trace, values, to_hex(digest.view()), quote.digest, true);
      return {};
    }
    expected += (expected.empty() ? "" : " or ") + to_hex(digest.view());
  }
  trace_composite(trace, values, expected, quote.digest, false);
  return fail(Errc::pcr_mismatch,
              std::format("digest over all quoted PCRs: expected {}, got {}; which PCR differs is not "
                          "known, since the attester sent no values beside the quote",
                          expected, to_hex(quote.digest)));
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
