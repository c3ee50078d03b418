#include "rats/ear/credence_claims.h"

#include <array>
#include <format>

#include "rats/ear/names.h"
#include "rats/ear/submodule.h"
#include "rats/numeric_date.h"

namespace credence::rats {
namespace {

constexpr std::size_t kMostSteps = 1'024;

struct TextMember {
  std::string_view name;
  std::string TraceStep::* text;
};
// A member that is empty is left out.
constexpr std::array<TextMember, 7> kTextMembers{{{"submodule", &TraceStep::submodule},
                                                  {"claim", &TraceStep::claim},
                                                  {"subject", &TraceStep::subject},
                                                  {"expected", &TraceStep::expected},
                                                  {"actual", &TraceStep::actual},
                                                  {"source", &TraceStep::source},
                                                  {"submission", &TraceStep::submission}}};
constexpr std::string_view kAgrees = "agrees";

template <typename T>
void add(json::Object& object, std::string_view member, const std::optional<T>& value) {
  if (value) object[member] = *value;
}

json::Array trace_to_json(const std::vector<TraceStep>& trace) {
  json::Array steps;
  for (const TraceStep& step : trace) {
    json::Object object;
    for (const auto& [name, text] : kTextMembers)
      if (!(step.*text).empty()) object[name] = step.*text;
    object[kAgrees] = step.agrees;
    steps.push_back(std::move(object));
  }
  return steps;
}

Result<std::optional<std::string>> optional_string(const json::Object& claims, std::string_view member) {
  TRY(const auto text, json::optional_text(claims, member));
  if (!text) return std::nullopt;
  return std::string(*text);
}

Result<std::optional<bool>> optional_boolean(const json::Object& claims, std::string_view member) {
  const json::Value* value = claims.if_contains(member);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) return fail_in(Errc::unexpected_type, std::string(member), "expected true or false");
  return value->get_bool();
}

Result<std::optional<Timestamp>> optional_time(const json::Object& claims, std::string_view member) {
  TRY(const auto seconds, json::optional_integer(claims, member));
  if (!seconds) return std::nullopt;
  Result<Timestamp> time = from_numeric_date(*seconds);
  if (!time) return within(member, std::move(time).error());
  return *time;
}

Result<TraceStep> step_from_json(const json::Value& value) {
  TRY(const json::Object* object, json::as_object(value, ""));
  TraceStep step;
  for (const auto& [name, text] : kTextMembers) {
    TRY(auto given, optional_string(*object, name));
    if (given) step.*text = *std::move(given);
  }
  TRY(const auto agrees, optional_boolean(*object, kAgrees));
  step.agrees = agrees.value_or(false);
  return step;
}

Result<std::vector<TraceStep>> trace_from_json(const json::Object& claims) {
  std::vector<TraceStep> trace;
  if (!claims.contains(kTraceName)) return trace;
  TRY(const json::Array* steps, json::required_array(claims, kTraceName));
  if (steps->size() > kMostSteps)
    return fail_in(Errc::too_large, std::string(kTraceName), std::format("expected at most {} steps", kMostSteps));
  for (const json::Value& value : *steps) {
    Result<TraceStep> step = step_from_json(value);
    if (!step) return within(kTraceName, std::move(step).error());
    trace.push_back(*std::move(step));
  }
  return trace;
}

}  // namespace

void add_credence_claims(json::Object& object, const CredenceClaims& claims) {
  add(object, kPurposeName, claims.purpose);
  add(object, kSoftwareTpmName, claims.software_tpm);
  add(object, kUnknownTpmMakerName, claims.unknown_tpm_maker);
  add(object, kTestRootName, claims.test_root);
  add(object, kCompatibilityModeName, claims.compatibility_mode);
  add(object, kHazardAllowedName, claims.hazard_allowed);
  add(object, kClassIdName, claims.class_id);
  if (claims.evidence_time) object[kEvidenceTimeName] = to_numeric_date(*claims.evidence_time);
  if (!claims.warnings.empty()) write_texts(claims.warnings, object[kWarningsName].emplace_array());
  if (!claims.trace.empty()) object[kTraceName] = trace_to_json(claims.trace);
}

Result<CredenceClaims> credence_claims_from_json(const json::Object& object) {
  CredenceClaims claims;
  TRY(claims.purpose, optional_string(object, kPurposeName));
  TRY(claims.software_tpm, optional_boolean(object, kSoftwareTpmName));
  TRY(claims.unknown_tpm_maker, optional_boolean(object, kUnknownTpmMakerName));
  TRY(claims.test_root, optional_boolean(object, kTestRootName));
  TRY(claims.compatibility_mode, optional_boolean(object, kCompatibilityModeName));
  TRY(claims.hazard_allowed, optional_boolean(object, kHazardAllowedName));
  TRY(claims.class_id, optional_string(object, kClassIdName));
  TRY(claims.evidence_time, optional_time(object, kEvidenceTimeName));
  if (const json::Value* warnings = object.if_contains(kWarningsName)) {
    TRY(claims.warnings, texts_from_json(*warnings, kWarningsName));
  }
  TRY(claims.trace, trace_from_json(object));
  return claims;
}

}  // namespace credence::rats
