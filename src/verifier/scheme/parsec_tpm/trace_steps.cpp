#include "verifier/scheme/parsec_tpm/trace_steps.h"

#include <algorithm>
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

std::string values_text(const std::vector<ApprovedValue>& values) {
  std::string text;
  for (const ApprovedValue& value : values) (text += text.empty() ? "" : " or ") += to_hex(value.value);
  return text;
}

template <typename Numbers>
std::string list(const Numbers& numbers) {
  std::string text;
  for (const unsigned number : numbers) text += std::format("{}{}", text.empty() ? "" : ", ", number);
  return text;
}

void name_sources(Trace::Step& named, const Sources& sources) {
  named.source = sources.corims();
  named.submission = sources.submissions();
}

// The CoRIM that says this very value; of one that nobody says, those that say what was expected instead.
void name_sources_of(Trace::Step& named, const std::vector<ApprovedValue>& known, ByteView got) {
  const auto same = std::ranges::find_if(known, [got](const ApprovedValue& value) { return equal(value.value, got); });
  if (same != known.end()) return name_sources(named, same->sources);
  if (!known.empty()) name_sources(named, known.front().sources);
}

}  // namespace

void trace_anchor(Trace& trace, const Kid& kid, const TrustAnchor* anchor, Timestamp now) {
  if (!trace.wanted()) return;
  Trace::Step endorsed = step(kInstance, "attestation key, kid " + to_hex(kid.view()));
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

void trace_pcr(Trace& trace, std::string_view bank, std::uint8_t pcr, const std::vector<ApprovedValue>* known,
               ByteView got, bool agrees) {
  if (!trace.wanted()) return;
  Trace::Step compared = step(kExecutables, std::format("PCR {} ({})", pcr, bank));
  compared.actual = to_hex(got);
  compared.agrees = agrees;
  if (known != nullptr) {
    compared.expected = values_text(*known);
    name_sources_of(compared, *known, got);
  }
  trace.add(std::move(compared));
}

void trace_composite(Trace& trace, const ReferenceValues& values, std::string_view expected, ByteView got,
                     bool agrees) {
  if (!trace.wanted()) return;
  Trace::Step compared = step(kExecutables, "digest over all quoted PCRs");
  compared.expected = expected;
  compared.actual = to_hex(got);
  compared.agrees = agrees;
  Sources all;
  for (const auto& [bank, pcrs] : values.pcrs)
    for (const auto& [pcr, known] : pcrs)
      for (const ApprovedValue& value : known) all.add(value.sources);
  name_sources(compared, all);
  trace.add(std::move(compared));
}

void trace_no_values(Trace& trace, std::string_view class_id) {
  if (!trace.wanted()) return;
  Trace::Step missing = step(kExecutables, "reference values of class " + std::string(class_id));
  missing.actual = "no CoRIM has any";
  trace.add(std::move(missing));
}

}  // namespace credence::verifier
