#include "verifier/scheme/sevsnp/compare.h"

#include <algorithm>
#include <format>
#include <utility>

#include "base/text.h"
#include "base/weak.h"
#include "rats/ear/names.h"
#include "verifier/scheme/sevsnp/hazard.h"

namespace credence::verifier::sevsnp {
namespace {

namespace snp = evidence::sevsnp;
using rats::TrustClaim;

struct Objection {
  TrustClaim claim{};
  std::int8_t value = 0;
  std::string text;
};

std::string_view claim_name(TrustClaim claim) { return rats::kTrustClaimNames.at(static_cast<std::size_t>(claim)); }

// One set against one report.
class Appraisal {
 public:
  Appraisal(const snp::Statements& statements, const ReferenceSet& set, std::string_view submodule, Trace& trace)
      : statements_(&statements), set_(&set), submodule_(submodule), trace_(&trace) {}

  void run() {
    for (const Expected& expected : set_->values) compare_value(expected);
    if (weak::removed(weak::Check::snp_hazards)) return;
    for (const Hazard& hazard : hazards()) look_for(hazard);
  }

  [[nodiscard]] const std::vector<Objection>& objections() const { return objections_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  // A debuggable guest that is allowed is no confidential one for that.
  [[nodiscard]] bool has_visible_memory() const { return visible_memory_; }

 private:
  void compare_value(const Expected& expected) {
    const Field& field = *expected.field;
    if (field.kind == FieldKind::unique) return;
    const bool agrees = meets(statements_->report, statements_->vek.product, expected);
    if (trace_->wanted()) note(field, expected.text(), text_of(field.value(statements_->report)), agrees);
    if (agrees) return;
    objections_.push_back({.claim = field.claim,
                           .value = field.mismatch,
                           .text = std::format("{}: expected {}, got {}", field.name, expected.text(),
                                               text_of(field.value(statements_->report)))});
  }

  void look_for(const Hazard& hazard) {
    if (!hazard.is_present(statements_->report)) return;
    const bool endorsed = hazard.is_endorsed(statements_->report, *set_);
    if (trace_->wanted())
      trace_->add({.submodule = submodule_,
                   .claim = std::string(claim_name(hazard.claim)),
                   .subject = std::string(hazard.text),
                   .expected = endorsed ? std::string(hazard.opt_in) : "",
                   .actual = "present",
                   .source = endorsed ? set_->source : "",
                   .submission = endorsed ? set_->submission : "",
                   .agrees = endorsed});
    if (endorsed) {
      warnings_.push_back(std::format("{}; {} allows it", hazard.text, set_->source));
      visible_memory_ = visible_memory_ || hazard.claim == TrustClaim::runtime_opaque;
      return;
    }
    objections_.push_back(
        {.claim = hazard.claim,
         .value = hazard.value,
         .text = std::format("{}; allowed only by a reference value for {}", hazard.text, hazard.opt_in)});
  }

  void note(const Field& field, std::string expected, std::string actual, bool agrees) {
    trace_->add({.submodule = submodule_,
                 .claim = std::string(claim_name(field.claim)),
                 .subject = std::string(field.name),
                 .expected = std::move(expected),
                 .actual = std::move(actual),
                 .source = set_->source,
                 .submission = set_->submission,
                 .agrees = agrees});
  }

  const snp::Statements* statements_;
  const ReferenceSet* set_;
  std::string submodule_;
  Trace* trace_;
  std::vector<Objection> objections_;
  std::vector<std::string> warnings_;
  bool visible_memory_ = false;
};

Comparison refused(const std::vector<Objection>& objections) {
  Comparison comparison;
  std::string texts;
  for (const Objection& objection : objections) {
    std::int8_t& claim = comparison.vector[objection.claim];
    claim = std::max(claim, objection.value);
    texts += (texts.empty() ? "" : "; ") + objection.text;
  }
  comparison.problem = Error{.code = Errc::not_affirming, .why = std::move(texts)};
  return comparison;
}

Comparison approved(const Appraisal& appraisal) {
  Comparison comparison;
  comparison.vector[TrustClaim::hardware] = rats::kTrustworthy;
  if (!appraisal.has_visible_memory()) comparison.vector[TrustClaim::runtime_opaque] = rats::kTrustworthy;
  comparison.warnings = appraisal.warnings();
  return comparison;
}

Comparison unknown(Errc code, std::string why) {
  Comparison comparison;
  comparison.vector[TrustClaim::executables] = rats::kUnrecognisedRuntime;
  comparison.problem = Error{.code = code, .why = std::move(why)};
  return comparison;
}

}  // namespace

// Without a set that approves it the report says only that some guest runs on some SEV-SNP machine: anyone can rent
// one.
Comparison compare(const snp::Statements& statements, const ReferenceSets* sets, Timestamp now,
                   std::string_view submodule, Trace& trace) {
  const std::string measurement = to_hex(statements.report.measurement);
  if (sets == nullptr)
    return unknown(Errc::no_reference_values,
                   std::format("no reference value is known for MEASUREMENT {}", measurement));
  std::optional<Appraisal> nearest;
  for (const ReferenceSet& set : sets->sets) {
    if (!set.validity.contains(now)) continue;
    Appraisal appraisal(statements, set, submodule, trace);
    appraisal.run();
    if (appraisal.objections().empty()) return approved(appraisal);
    if (!nearest || appraisal.objections().size() < nearest->objections().size()) nearest = std::move(appraisal);
  }
  if (nearest) return refused(nearest->objections());
  return unknown(Errc::expired, std::format("the reference values of MEASUREMENT {} {}", measurement,
                                            sets->sets.back().validity.refusal(now)));
}

}  // namespace credence::verifier::sevsnp
