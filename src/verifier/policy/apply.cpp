#include "verifier/policy/apply.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/weak.h"
#include "verifier/policy/values.h"

namespace credence::verifier {
namespace {

// Members of policy_claims that others rely on: no policy may make them up.
constexpr std::array<std::string_view, 2> kReserved = {"code", "raised"};

// How far from affirming. That nothing is known is worse than an affirming claim and better than a warning.
int distance(rats::Tier tier) noexcept {
  switch (tier) {
    case rats::Tier::affirming:
      return 0;
    case rats::Tier::none:
      return 1;
    case rats::Tier::warning:
      return 3;
    case rats::Tier::contraindicated:
      break;
  }
  return 4;
}
// Evidence that was not expected (1) and a verifier that could not work (-1) are of the tier "none" too, and say more
// than a claim that is not made.
int distance(std::int8_t claim) noexcept {
  const rats::Tier tier = rats::tier_of(claim);
  return tier == rats::Tier::none && claim != rats::kNoClaim ? 2 : distance(tier);
}

struct Change {
  std::string text;  // "executables from 33 to 2"
  int line = 0;
};
struct Changes {
  std::vector<Change> raised;
  std::vector<Change> lowered;
};

template <typename T>
void note(Changes& changes, T before, T after, Change change) {
  if (distance(after) == distance(before)) return;
  auto& where = distance(after) < distance(before) ? changes.raised : changes.lowered;
  where.push_back(std::move(change));
}

// The best status that goes with these claims. AR4SI section 2.3.4 takes the worst tier, of which "none" is the least:
// the status alone would then be affirming beside evidence that was not expected.
rats::Tier best_status(const rats::TrustVector& vector) noexcept {
  const auto is_unexplained = [](std::int8_t claim) {
    return claim != rats::kNoClaim && rats::tier_of(claim) == rats::Tier::none;
  };
  return std::max(vector.tier(),
                  std::ranges::any_of(vector.claims, is_unexplained) ? rats::Tier::warning : rats::Tier::none);
}

bool set_claims(const PolicyOutput& output, rats::TrustVector& vector, Changes& changes) {
  bool any = false;
  for (std::size_t i = 0; i < rats::kTrustClaims; ++i) {
    const auto& set = output.claims.at(i);
    if (!set || set->value == rats::kNoClaim || set->value == vector.claims.at(i)) continue;
    const std::int8_t before = std::exchange(vector.claims.at(i), set->value);
    note(changes, before, set->value,
         Change{.text = std::format("{} from {} to {}", claim_in_result(i), before, set->value), .line = set->line});
    any = true;
  }
  return any;
}

// Errc::configuration for a status that its own claims contradict, whatever was granted: who reads the status alone
// would not see them.
Result<void> set_status(const PolicyOutput& output, rats::Submodule& submodule, Changes& changes) {
  if (!output.status || output.status->value == rats::Tier::none || output.status->value == submodule.status) return {};
  const rats::Tier before = std::exchange(submodule.status, output.status->value);
  note(changes, before, submodule.status,
       Change{.text = std::format("status from {} to {}", rats::name(before), rats::name(submodule.status)),
              .line = output.status->line});
  const rats::Tier best = best_status(*submodule.vector);
  if (distance(submodule.status) >= distance(best)) return {};
  return fail(Errc::configuration, std::format("it set the status to {}, and the claims say {}: set the claims too",
                                               rats::name(submodule.status), rats::name(best)));
}

// The values of a claim that would do: AR4SI section 2.3.2, the tier "affirming".
constexpr std::string_view kAffirmingClaims = "2 to 31 or -32 to -2";

// Languages begin what they say of a line with "policy:3:".
int line_of(const Error& reason) noexcept {
  constexpr std::string_view kChunk = "policy:";
  const std::string_view why = reason.why;
  if (!why.starts_with(kChunk)) return 0;
  int line = 0;
  const auto [end, error] = std::from_chars(why.data() + kChunk.size(), why.data() + why.size(), line);
  return error == std::errc{} && end != why.data() + why.size() && *end == ':' ? std::max(line, 0) : 0;
}

std::string source_of(const PolicyLabel& policy, int line) {
  return std::format("policy {} version {} line {}", policy.name, policy.id, line);
}

std::string at_line(int line) { return line > 0 ? std::format(" (line {})", line) : std::string(); }

std::string list_of(const std::vector<Change>& changes) {
  std::string list;
  for (const Change& change : changes) list += (list.empty() ? "" : ", ") + change.text + at_line(change.line);
  return list;
}

void add_problem(rats::Submodule& submodule, std::string_view problem) {
  json::Value& member = submodule.policy_claims["problem"];
  member = member.is_string() ? std::string(member.get_string()) + "; " + std::string(problem) : std::string(problem);
}

Result<void> add_claims(json::Object added, rats::Submodule& submodule) {
  for (auto& [key, value] : added) {
    if (std::ranges::contains(kReserved, std::string_view(key)))
      return fail(Errc::configuration,
                  std::format("it added the claim \"{}\", which is not a policy's to make", std::string_view(key)));
    if (key != "problem") {
      submodule.policy_claims[key] = std::move(value);
      continue;
    }
    if (!value.is_string()) return fail(Errc::configuration, "the claim \"problem\" is a text");
    add_problem(submodule, value.get_string());
  }
  return {};
}

}  // namespace

// A policy is data of an operator, often written in a hurry: it must not be able to affirm what the scheme did not
// unless its manager said so when it was stored. Veraison lets every policy.
Result<std::vector<std::string>> apply_output(const PolicyLabel& policy, PolicyOutput output,
                                              rats::Submodule& submodule) {
  rats::Submodule changed = submodule;
  Changes changes;
  if (!changed.vector) changed.vector.emplace();
  if (set_claims(output, *changed.vector, changes)) changed.status = best_status(*changed.vector);
  const Result<void> set = set_status(output, changed, changes);
  if (!changes.raised.empty() && !policy.may_raise && !weak::removed(weak::Check::policy_may_only_worsen))
    return fail(Errc::configuration, std::format("it raised {}, and was stored without the grant to raise: a policy "
                                                 "lowers, unless its version was created with grant=raise",
                                                 list_of(changes.raised)));
  CHECK(set);
  const bool explains = output.added_claims.contains("problem");
  CHECK(add_claims(std::move(output.added_claims), changed));
  if (!changes.lowered.empty()) {
    if (!explains) add_problem(changed, std::format("policy {} lowered {}", policy.name, list_of(changes.lowered)));
    if (!changed.policy_claims.contains("code")) changed.policy_claims["code"] = name(Errc::not_affirming);
  }
  std::vector<std::string> raised;
  for (const Change& change : changes.raised) raised.push_back(change.text);
  if (!raised.empty()) changed.policy_claims["raised"] = json::Array(raised.begin(), raised.end());
  submodule = std::move(changed);
  return raised;
}

void trace_output(const PolicyLabel& policy, const PolicyOutput& output, std::string_view submodule, Trace& trace) {
  if (!trace.wanted()) return;
  const auto add = [&](std::string_view claim, std::string_view expected, std::string actual, rats::Tier tier,
                       int line) {
    trace.add({.submodule = std::string(submodule),
               .claim = std::string(claim),
               .subject = std::string(kPolicySubject),
               .expected = std::string(expected),
               .actual = std::move(actual),
               .source = source_of(policy, line),
               .submission = {},
               .agrees = tier == rats::Tier::affirming});
  };
  for (std::size_t i = 0; i < rats::kTrustClaims; ++i)
    if (const auto& set = output.claims.at(i); set && set->value != rats::kNoClaim)
      add(claim_in_result(i), kAffirmingClaims, std::to_string(set->value), rats::tier_of(set->value), set->line);
  if (output.status && output.status->value != rats::Tier::none)
    add("status", rats::name(rats::Tier::affirming), std::string(rats::name(output.status->value)),
        output.status->value, output.status->line);
}

void trace_failure(const PolicyLabel& policy, const Error& reason, std::string_view submodule, Trace& trace) {
  if (!trace.wanted()) return;
  trace.add({.submodule = std::string(submodule),
             .claim = {},
             .subject = std::string(kPolicySubject),
             .expected = "a policy that can be asked, and says what it may",
             .actual = "it failed: " + reason.text(),
             .source = source_of(policy, line_of(reason)),
             .submission = {},
             .agrees = false});
}

void refuse_all(const PolicyLabel& policy, const Error& reason, rats::Ear& ear) {
  for (auto& [name_of_submodule, submodule] : ear.submodules) {
    submodule.status = rats::Tier::contraindicated;
    submodule.attested_key.reset();
    add_problem(submodule, std::format("policy {} ({}) failed: {}", policy.name, policy.id, reason.text()));
    submodule.policy_claims["code"] = name(reason.code);
  }
}

}  // namespace credence::verifier
