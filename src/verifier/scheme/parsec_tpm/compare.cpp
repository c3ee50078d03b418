#include "verifier/scheme/parsec_tpm/compare.h"

#include <algorithm>
#include <cstddef>
#include <format>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/weak.h"

namespace credence::verifier {
namespace {

namespace tpm = evidence::tpm;

// More combinations of approved values than this are not tried: the attester can send the values.
constexpr std::size_t kMaxCombinations = 256;

std::string bank_name(std::uint16_t bank) {
  const auto hash = tpm::hash_from_alg(bank);
  return hash ? std::string(crypto::name(*hash)) : std::format("bank {:#06x}", bank);
}

const std::vector<Bytes>* approved_values(const ReferenceValues& values, std::uint16_t bank, std::uint8_t pcr) {
  const auto hash = tpm::hash_from_alg(bank);
  if (!hash) return nullptr;
  const auto in_bank = values.pcrs.find(*hash);
  if (in_bank == values.pcrs.end()) return nullptr;
  const auto approved = in_bank->second.find(pcr);
  return approved == in_bank->second.end() ? nullptr : &approved->second;
}

std::string any_of(const std::vector<Bytes>& approved) {
  std::string text;
  for (const Bytes& value : approved) text += (text.empty() ? "" : " or ") + to_hex(value);
  return text;
}

// Empty when the value is approved.
std::string mismatch(const ReferenceValues& values, std::uint16_t bank, std::uint8_t pcr, const Bytes& got) {
  const auto* approved = approved_values(values, bank, pcr);
  if (approved == nullptr)
    return std::format("PCR {} ({}): no reference value, got {}", pcr, bank_name(bank), to_hex(got));
  if (std::ranges::contains(*approved, got)) return {};
  return std::format("PCR {} ({}): expected {}, got {}", pcr, bank_name(bank), any_of(*approved), to_hex(got));
}

Result<void> compare_values(const tpm::QuoteInfo& quote, const tpm::PcrValues& pcrs, const ReferenceValues& values) {
  std::string mismatches;
  for (const tpm::PcrSelection& selection : quote.selections)
    for (const std::uint8_t pcr : selection.pcrs) {
      const std::string wrong = mismatch(values, selection.hash, pcr, pcrs.at(selection.hash).at(pcr));
      if (!wrong.empty()) mismatches += (mismatches.empty() ? "" : "; ") + wrong;
    }
  if (mismatches.empty()) return {};
  return fail(Errc::pcr_mismatch, std::move(mismatches));
}

struct Selected {
  std::uint16_t bank = 0;
  std::uint8_t pcr = 0;
  const std::vector<Bytes>* approved = nullptr;
};

Result<std::vector<Selected>> approved_of_all(const tpm::QuoteInfo& quote, const ReferenceValues& values) {
  std::vector<Selected> all;
  for (const tpm::PcrSelection& selection : quote.selections)
    for (const std::uint8_t pcr : selection.pcrs) {
      const auto* approved = approved_values(values, selection.hash, pcr);
      if (approved == nullptr)
        return fail(Errc::pcr_mismatch,
                    std::format("PCR {} ({}) is quoted and has no reference value", pcr, bank_name(selection.hash)));
      all.push_back({.bank = selection.hash, .pcr = pcr, .approved = approved});
    }
  return all;
}

// The combination with this number, counting each PCR's approved values as a digit.
tpm::PcrValues combination(const std::vector<Selected>& all, std::size_t number) {
  tpm::PcrValues chosen;
  for (const Selected& selected : all) {
    chosen[selected.bank][selected.pcr] = (*selected.approved)[number % selected.approved->size()];
    number /= selected.approved->size();
  }
  return chosen;
}

std::size_t combinations(const std::vector<Selected>& all) {
  std::size_t count = 1;
  for (const Selected& selected : all) count = std::min(count * selected.approved->size(), kMaxCombinations + 1);
  return count;
}

Result<void> compare_composite(const tpm::Statements& statements, const ReferenceValues& values) {
  const tpm::QuoteInfo& quote = statements.quoted();
  TRY(const std::vector<Selected> all, approved_of_all(quote, values));
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
    if (equal(digest.view(), quote.digest)) return {};
    expected += (expected.empty() ? "" : " or ") + to_hex(digest.view());
  }
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
Result<void> compare_pcrs(const tpm::Statements& statements, const ReferenceValues* values) {
  if (weak::removed(weak::Check::reference_values)) return {};
  if (values == nullptr)
    return fail(Errc::no_reference_values, "no reference values are known for the class of this attester");
  const auto& ext = statements.bundle.ext;
  if (ext && !ext->pcrs.empty()) return compare_values(statements.quoted(), ext->pcrs, *values);
  return compare_composite(statements, *values);
}

}  // namespace credence::verifier
