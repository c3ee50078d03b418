#include "verifier/scheme/sevsnp/compare.h"

#include <algorithm>
#include <format>
#include <span>
#include <utility>

#include "base/text.h"
#include "base/weak.h"
#include "rats/ear/names.h"
#include "verifier/scheme/approved_value.h"
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
    if (trace_->wanted())
      note(claim_name(field.claim), field.name, expected.text(), text_of(field.value(statements_->report)), agrees);
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
      note(claim_name(hazard.claim), hazard.text,
           (endorsed ? "" : "absent, or allowed by ") + std::string(hazard.opt_in), "present", endorsed);
    if (endorsed) {
      warnings_.push_back(std::format("{}; {} allows it", hazard.text, set_->source.corim));
      visible_memory_ = visible_memory_ || hazard.claim == TrustClaim::runtime_opaque;
      return;
    }
    objections_.push_back(
        {.claim = hazard.claim,
         .value = hazard.value,
         .text = std::format("{}; allowed only by a reference value for {}", hazard.text, hazard.opt_in)});
  }

  void note(std::string_view claim, std::string_view subject, std::string expected, std::string actual, bool agrees) {
    Trace::Step step{.submodule = submodule_,
                     .claim = std::string(claim),
                     .subject = std::string(subject),
                     .expected = std::move(expected),
                     .actual = std::move(actual),
                     .agrees = agrees};
    name_source(step, set_->source);
    trace_->add(std::move(step));
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

// The comparison with one set, where it is worth showing: of very many sets that are not met, nobody would find the one
// that was meant.
void show(const snp::Statements& statements, const ReferenceSet& set, std::string_view submodule, Trace& trace) {
  if (trace.wanted()) Appraisal(statements, set, submodule, trace).run();
}

// A set that is valid now, and how much of it is not met.
struct Missed {
  const ReferenceSet* set = nullptr;
  std::size_t objections = 0;
};

void show_nearest(const snp::Statements& statements, std::vector<Missed> missed, std::string_view submodule,
                  Trace& trace) {
  std::ranges::stable_sort(missed, {}, &Missed::objections);
  const std::size_t shown = std::min(missed.size(), kMostNamed);
  for (std::size_t i = 0; i < shown; ++i) show(statements, *missed[i].set, submodule, trace);
  if (shown < missed.size())
    trace.add({.submodule = std::string(submodule),
               .claim = "executables",
               .subject = "other sets of reference values",
               .actual = std::format("{} more are not met", missed.size() - shown)});
}

Trace::Step about_measurement(std::string_view measurement, std::string_view submodule) {
  return {.submodule = std::string(submodule),
          .claim = "executables",
          .subject = "MEASUREMENT",
          .actual = std::string(measurement)};
}

void show_expired(const ReferenceSets& sets, std::string_view measurement, Timestamp now, std::string_view submodule,
                  Trace& trace) {
  if (!trace.wanted()) return;
  for (const ReferenceSet& set : std::span(sets.sets).first(std::min(sets.sets.size(), kMostNamed))) {
    Trace::Step step = about_measurement(measurement, submodule);
    step.expected = std::format("{}, which {}", measurement, set.validity.refusal(now));
    name_source(step, set.source);
    trace.add(std::move(step));
  }
}

}  // namespace

// Without a set that approves it the report says only that some guest runs on some SEV-SNP machine: anyone can rent
// one.
Comparison compare(const snp::Statements& statements, const ReferenceSets* sets, Timestamp now,
                   std::string_view submodule, Trace& trace) {
  const std::string measurement = to_hex(statements.report.measurement);
  if (sets == nullptr) {
    if (trace.wanted()) trace.add(about_measurement(measurement, submodule));
    return unknown(Errc::no_reference_values,
                   std::format("no reference value is known for MEASUREMENT {}", measurement));
  }
  std::optional<Appraisal> nearest;
  std::vector<Missed> missed;  // for the trace
  Trace none;
  for (const ReferenceSet& set : sets->sets) {
    if (!set.validity.contains(now)) continue;
    Appraisal appraisal(statements, set, submodule, none);
    appraisal.run();
    if (appraisal.objections().empty()) {
      show(statements, set, submodule, trace);
      return approved(appraisal);
    }
    if (trace.wanted()) missed.push_back({.set = &set, .objections = appraisal.objections().size()});
    if (!nearest || appraisal.objections().size() < nearest->objections().size()) nearest = std::move(appraisal);
  }
  if (nearest) {
    show_nearest(statements, std::move(missed), submodule, trace);
    return refused(nearest->objections());
  }
  show_expired(*sets, measurement, now, submodule, trace);
  return unknown(Errc::expired, std::format("the reference values of MEASUREMENT {} {}", measurement,
                                            sets->sets.back().validity.refusal(now)));
}

}  // namespace credence::verifier::sevsnp
