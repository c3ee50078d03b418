#include "verifier/scheme/arm_cca/appraise_realm.h"

#include <algorithm>
#include <format>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "verifier/scheme/arm_cca/profile.h"
#include "verifier/scheme/arm_cca/realm_values.h"
#include "verifier/scheme/arm_platform/appraise.h"

namespace credence::verifier::cca {
namespace {

using evidence::cca::RealmClaims;
using rats::TrustClaim;

// One register, or the personalization value, against one approved realm.
struct Comparison {
  std::string subject;
  std::string expected;  // empty: not endorsed
  std::string actual;
  bool agrees = false;
};

std::string any_of(const std::vector<Bytes>& values) {
  std::string text;
  for (const Bytes& value : values) text += (text.empty() ? "" : " or ") + to_hex(value);
  return text;
}

Comparison compare_personalization(const RealmStatement& statement, const RealmClaims& claims) {
  const auto& approved = statement.personalization_value;
  return {.subject = "realm personalization value",
          .expected = approved ? arm::text_of(*approved) : "any",
          .actual = to_hex(claims.personalization_value),
          .agrees = !approved || arm::matches(*approved, claims.personalization_value)};
}

// Veraison leaves out registers that are not endorsed, and affirms the boot (3) whatever is in the others. What a realm
// has loaded after its start would be approved unseen: whoever loads nothing endorses zeros.
std::vector<Comparison> compare_registers(const RealmStatement& statement, const RealmClaims& claims) {
  std::vector<Comparison> all;
  for (std::size_t i = 0; i < claims.extensible_measurements.size(); ++i) {
    const std::vector<Bytes>& approved = statement.extensible_measurements[i];
    const Bytes& actual = claims.extensible_measurements[i];
    all.push_back({.subject = std::format("realm extensible measurement {}", i),
                   .expected = any_of(approved),
                   .actual = to_hex(actual),
                   .agrees = std::ranges::contains(approved, actual)});
  }
  return all;
}

std::string why(const std::vector<Comparison>& comparisons) {
  std::string text;
  for (const Comparison& comparison : comparisons) {
    if (comparison.agrees) continue;
    text += std::format("{}{}: expected {}, got {}", text.empty() ? "" : "; ", comparison.subject,
                        comparison.expected.empty() ? "an endorsed value, of which there is none" : comparison.expected,
                        comparison.actual);
  }
  return text;
}

void note(Endorsements& endorsements, const std::string& submodule, const arm::Source& source,
          const std::vector<Comparison>& comparisons) {
  if (!endorsements.trace().wanted()) return;
  for (const Comparison& comparison : comparisons)
    endorsements.trace().add({.submodule = submodule,
                              .claim = "executables",
                              .subject = comparison.subject,
                              .expected = comparison.expected,
                              .actual = comparison.actual,
                              .source = source.corim,
                              .submission = source.submission,
                              .agrees = comparison.agrees});
}

struct Verdict {
  std::int8_t executables = rats::kUnrecognisedRuntime;
  Error reason;
};

// Nothing when the realm is this approved one.
std::optional<Verdict> compare(const ApprovedRealm& approved, const RealmClaims& claims, Endorsements& endorsements,
                               const std::string& submodule) {
  const std::vector<Comparison> person = {compare_personalization(approved.statement, claims)};
  const std::vector<Comparison> registers = compare_registers(approved.statement, claims);
  note(endorsements, submodule, approved.source, person);
  if (!person.front().agrees)
    return Verdict{.executables = arm::kContraindicated, .reason = {.code = Errc::not_affirming, .why = why(person)}};
  note(endorsements, submodule, approved.source, registers);
  if (!std::ranges::all_of(registers, &Comparison::agrees))
    return Verdict{.reason = {.code = Errc::not_affirming, .why = why(registers)}};
  if (!approved.validity.contains(endorsements.now()))
    return Verdict{
        .reason = {.code = Errc::expired,
                   .why = "the reference values of this realm " + approved.validity.refusal(endorsements.now())}};
  return std::nullopt;
}

// The closest of the approved realms decides: one with this personalization value before others.
std::optional<Verdict> compare_all(const RealmClaims& claims, Endorsements& endorsements,
                                   const std::string& submodule) {
  const auto values =
      endorsements.find<RealmValues>(Topic::reference_values, reference_key(kRealmPrefix, claims.initial_measurement));
  if (values == nullptr || values->realms.empty())
    return Verdict{.reason = {.code = Errc::no_reference_values,
                              .why = "no reference value is known for a realm with initial measurement " +
                                     to_hex(claims.initial_measurement)}};
  std::optional<Verdict> closest;
  for (const ApprovedRealm& approved : values->realms) {
    auto verdict = compare(approved, claims, endorsements, submodule);
    if (!verdict) return std::nullopt;
    if (!closest || verdict->executables < closest->executables) closest = std::move(verdict);
  }
  return closest;
}

}  // namespace

void appraise_realm(const RealmClaims& claims, Endorsements& endorsements, Appraised::Submodule& submodule) {
  submodule.vector[TrustClaim::instance_identity] = rats::kTrustworthy;  // the platform vouches for its key
  auto verdict = compare_all(claims, endorsements, submodule.name);
  submodule.vector[TrustClaim::executables] = verdict ? verdict->executables : rats::kTrustworthy;
  if (verdict) arm::add_problem(submodule, std::move(verdict->reason));
}

}  // namespace credence::verifier::cca
