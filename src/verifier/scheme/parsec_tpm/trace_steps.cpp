#include "verifier/scheme/parsec_tpm/trace_steps.h"

#include <format>
#include <string>

#include "base/text.h"
#include "verifier/scheme/parsec_tpm/scheme.h"

namespace credence::verifier {
namespace {

constexpr std::string_view kInstance = "instance-identity", kExecutables = "executables";

Trace::Step step(std::string_view claim, std::string subject) {
  return {
      .submodule = std::string(parsec_tpm_scheme().name()), .claim = std::string(claim), .subject = std::move(subject)};
}

template <typename Numbers>
std::string list(const Numbers& numbers) {
  std::string text;
  for (const unsigned number : numbers) text += std::format("{}{}", text.empty() ? "" : ", ", number);
  return text;
}

}  // namespace

void trace_anchor(Trace& trace, ByteView kid, const TrustAnchor* anchor, Timestamp now) {
  if (!trace.wanted()) return;
  Trace::Step endorsed = step(kInstance, "attestation key, kid " + to_hex(kid));
  endorsed.expected = "endorsed";
  endorsed.agrees = anchor != nullptr && anchor->validity.contains(now);
  endorsed.actual = "endorsed";
  if (anchor == nullptr) {
    endorsed.actual = "no endorsement names it";
  } else {
    name_sources(endorsed, anchor->sources);
    if (!endorsed.agrees) endorsed.actual = "its endorsement " + anchor->validity.refusal(now);
  }
  trace.add(std::move(endorsed));
}

void trace_minimum_pcrs(Trace& trace, const evidence::tpm::QuoteInfo& quote, const Policy& policy, bool agrees) {
  if (!trace.wanted()) return;
  std::vector<unsigned> covered;
  for (unsigned pcr = 0; pcr < 32; ++pcr)
    if ((evidence::tpm::covered_pcrs(quote) >> pcr & 1) != 0) covered.push_back(pcr);
  Trace::Step demanded = step(kExecutables, "PCRs that the quote covers");
  demanded.expected = "at least " + list(policy.minimum_pcrs);
  demanded.actual = covered.empty() ? "none" : list(covered);
  demanded.source = "policy minimum-pcrs";
  demanded.agrees = agrees;
  trace.add(std::move(demanded));
}

void trace_pcr(Trace& trace, const ComparedPcr& compared, const ReferenceValues& values,
               const std::vector<ApprovedValue>* known, Timestamp now) {
  if (!trace.wanted()) return;
  Trace::Step pcr = step(kExecutables, std::format("PCR {} ({})", compared.pcr, compared.bank));
  pcr.actual = compared.value.empty() ? "not sent beside the quote" : to_hex(compared.value);
  pcr.agrees = compared.agrees;
  const auto ambiguous = values.ambiguous.find(compared.pcr);
  const bool is_ambiguous = !compared.agrees && ambiguous != values.ambiguous.end();
  if (known != nullptr)
    trace_approved(trace, pcr, *known, compared.value, now);
  else if (!is_ambiguous)
    trace.add(pcr);
  if (!is_ambiguous) return;
  pcr.expected = "digests in which an algorithm stands twice: they match nothing";
  name_sources(pcr, ambiguous->second);
  trace.add(std::move(pcr));
}

void trace_composite(Trace& trace, std::span<const ExpectedComposite> expected, ByteView got, std::size_t left_out,
                     bool agrees) {
  if (!trace.wanted()) return;
  Trace::Step compared = step(kExecutables, "digest over all quoted PCRs");
  compared.actual = to_hex(got);
  compared.agrees = agrees;
  for (const ExpectedComposite& composite : expected) {
    compared.expected = composite.digest + (&composite == &expected.back() ? others_text(left_out) : "");
    name_sources(compared, composite.sources);
    trace.add(compared);
  }
}

void trace_no_values(Trace& trace, std::string_view class_id) {
  if (!trace.wanted()) return;
  Trace::Step missing = step(kExecutables, "reference values of class " + std::string(class_id));
  missing.actual = "no CoRIM has any";
  trace.add(std::move(missing));
}

}  // namespace credence::verifier
