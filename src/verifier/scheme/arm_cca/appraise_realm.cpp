#include "verifier/scheme/arm_cca/appraise_realm.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <format>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "verifier/scheme/approved_digests.h"
#include "verifier/scheme/approved_value.h"
#include "verifier/scheme/arm_cca/profile.h"
#include "verifier/scheme/arm_cca/realm_values.h"
#include "verifier/scheme/arm_platform/appraise.h"
#include "verifier/scheme/arm_platform/digest.h"
#include "verifier/scheme/nearest.h"

namespace credence::verifier::cca {
namespace {

using evidence::cca::RealmClaims;
using rats::TrustClaim;

// One measurement, or the personalization value, against one approved realm.
struct Comparison {
  std::string subject;
  std::string expected;  // empty: not endorsed
  std::string actual;
  bool agrees = false;
};

// RMM specification A7.2.3.1, "Realm hash algorithm ID claim": one algorithm for all digests of the token.
arm::StatedDigest digest_in(const RealmClaims& claims, const Bytes& value) noexcept {
  return arm::digest_of(claims.hash_algorithm, value);
}

bool matches_personalization(const RealmStatement& statement, const RealmClaims& claims) noexcept {
  const auto& approved = statement.personalization_value;
  return !approved || arm::matches(*approved, claims.personalization_value);
}

// Veraison leaves out registers that are not endorsed, and affirms the boot (3) whatever is in the others. What a realm
// has loaded after its start would be approved unseen: whoever loads nothing endorses zeros.
bool matches_register(const RealmStatement& statement, const RealmClaims& claims, std::size_t i) noexcept {
  return arm::matches(statement.extensible_measurements[i], digest_in(claims, claims.extensible_measurements[i]));
}

// How far an approved realm is the one of the claims, the further the greater.
enum class Fit : std::uint8_t { other_initial_measurement, other_personalization, other_registers, not_valid, whole };
constexpr std::array kFits = {Fit::whole, Fit::not_valid, Fit::other_registers, Fit::other_personalization,
                              Fit::other_initial_measurement};

Fit fit_of(const ApprovedRealm& approved, const RealmClaims& claims, Timestamp now) noexcept {
  const RealmStatement& statement = approved.statement;
  if (!arm::matches(statement.initial_digests, digest_in(claims, claims.initial_measurement)))
    return Fit::other_initial_measurement;
  if (!matches_personalization(statement, claims)) return Fit::other_personalization;
  for (std::size_t i = 0; i < claims.extensible_measurements.size(); ++i)
    if (!matches_register(statement, claims, i)) return Fit::other_registers;
  return approved.validity.contains(now) ? Fit::whole : Fit::not_valid;
}

// The octets are those that the realm was found by: only the algorithm can differ.
Comparison compare_initial(const RealmStatement& statement, const RealmClaims& claims) {
  const arm::StatedDigest actual = digest_in(claims, claims.initial_measurement);
  return {.subject = "realm initial measurement",
          .expected = text_of(statement.initial_digests),
          .actual = arm::text_of(actual),
          .agrees = arm::matches(statement.initial_digests, actual)};
}

Comparison compare_personalization(const RealmStatement& statement, const RealmClaims& claims) {
  const auto& approved = statement.personalization_value;
  return {.subject = "realm personalization value",
          .expected = approved ? arm::text_of(*approved) : "any",
          .actual = to_hex(claims.personalization_value),
          .agrees = matches_personalization(statement, claims)};
}

Comparison compare_register(const RealmStatement& statement, const RealmClaims& claims, std::size_t i) {
  return {.subject = std::format("realm extensible measurement {}", i),
          .expected = text_of(statement.extensible_measurements[i]),
          .actual = arm::text_of(digest_in(claims, claims.extensible_measurements[i])),
          .agrees = matches_register(statement, claims, i)};
}

// For people, and as far as it fits: of another realm nobody wants to know the registers.
std::vector<Comparison> compare(const ApprovedRealm& approved, const RealmClaims& claims, Timestamp now) {
  const RealmStatement& statement = approved.statement;
  const Fit fit = fit_of(approved, claims, now);
  std::vector<Comparison> all = {compare_initial(statement, claims)};
  if (fit == Fit::other_initial_measurement) return all;
  all.push_back(compare_personalization(statement, claims));
  if (fit == Fit::other_personalization) return all;
  for (std::size_t i = 0; i < claims.extensible_measurements.size(); ++i)
    all.push_back(compare_register(statement, claims, i));
  if (fit == Fit::not_valid)
    all.push_back({.subject = "time of the reference values of this realm",
                   .expected = "valid now",
                   .actual = approved.validity.refusal(now)});
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

// `others` realms that are endorsed are not noted after this one.
void note(Endorsements& endorsements, const std::string& submodule, const ApprovedRealm& approved,
          const RealmClaims& claims, std::size_t others) {
  std::vector<Comparison> all = compare(approved, claims, endorsements.now());
  if (others > 0) all.back().expected += std::format(", or one of {} other realms", others);
  for (const Comparison& comparison : all) {
    Trace::Step step{.submodule = submodule,
                     .claim = "executables",
                     .subject = comparison.subject,
                     .expected = comparison.expected,
                     .actual = comparison.actual,
                     .agrees = comparison.agrees};
    name_source(step, approved.source);
    endorsements.trace().add(std::move(step));
  }
}

// Of a realm that is approved, the one that it is; else the nearest ones.
void note_nearest(Endorsements& endorsements, const std::string& submodule, const RealmValues& values,
                  const RealmClaims& claims) {
  if (!endorsements.trace().wanted()) return;
  std::vector<const ApprovedRealm*> all;
  for (const ApprovedRealm& approved : values.realms) all.push_back(&approved);
  const auto fit = [&](const ApprovedRealm& approved) { return fit_of(approved, claims, endorsements.now()); };
  const auto [entries, others] = nearest(all, kFits, fit);
  if (fit(*entries.front()) == Fit::whole) return note(endorsements, submodule, *entries.front(), claims, 0);
  for (const ApprovedRealm* approved : entries)
    note(endorsements, submodule, *approved, claims, approved == entries.back() ? others : 0);
}

struct Verdict {
  std::int8_t executables = rats::kUnrecognisedRuntime;
  Error reason;
};

Verdict refuse(Fit fit, const ApprovedRealm& nearest, const RealmClaims& claims, Timestamp now) {
  if (fit == Fit::not_valid)
    return {.reason = {.code = Errc::expired,
                       .why = "the reference values of this realm " + nearest.validity.refusal(now)}};
  return {.executables = fit == Fit::other_personalization ? arm::kContraindicated : rats::kUnrecognisedRuntime,
          .reason = {.code = Errc::not_affirming, .why = why(compare(nearest, claims, now))}};
}

// Nothing when the realm is an approved one. Otherwise the nearest of them decides.
std::optional<Verdict> compare_all(const RealmClaims& claims, Endorsements& endorsements,
                                   const std::string& submodule) {
  const auto values =
      endorsements.find<RealmValues>(Topic::reference_values, reference_key(kRealmPrefix, claims.initial_measurement));
  if (values == nullptr || values->realms.empty()) {
    const std::string realm = "a realm with initial measurement " + to_hex(claims.initial_measurement);
    arm::note_no_values(endorsements, submodule, "executables", "reference values for " + realm);
    return Verdict{.reason = {.code = Errc::no_reference_values, .why = "no reference value is known for " + realm}};
  }
  note_nearest(endorsements, submodule, *values, claims);
  const auto fit = [&](const ApprovedRealm& approved) { return fit_of(approved, claims, endorsements.now()); };
  if (std::ranges::contains(values->realms, Fit::whole, fit)) return std::nullopt;
  const auto nearest = std::ranges::max_element(values->realms, {}, fit);
  return refuse(fit(*nearest), *nearest, claims, endorsements.now());
}

}  // namespace

void appraise_realm(const RealmClaims& claims, Endorsements& endorsements, Appraised::Submodule& submodule) {
  submodule.vector[TrustClaim::instance_identity] = rats::kTrustworthy;  // the platform vouches for its key
  auto verdict = compare_all(claims, endorsements, submodule.name);
  submodule.vector[TrustClaim::executables] = verdict ? verdict->executables : rats::kTrustworthy;
  if (verdict) arm::add_problem(submodule, std::move(verdict->reason));
}

}  // namespace credence::verifier::cca
