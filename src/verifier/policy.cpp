#include "verifier/policy.h"

#include <format>
#include <string>

#include "base/weak.h"

namespace credence::verifier {
namespace {

// How far from affirming. A claim that is not made is worse than an affirming one and better than a warning.
int distance(rats::Tier tier) {
  switch (tier) {
    case rats::Tier::affirming:
      return 0;
    case rats::Tier::none:
      return 1;
    case rats::Tier::warning:
      return 2;
    case rats::Tier::contraindicated:
      break;
  }
  return 3;
}

bool is_raised(const rats::Submodule& before, const rats::Submodule& after) {
  if (distance(after.status) < distance(before.status)) return true;
  if (!before.vector || !after.vector) return !before.vector && after.vector.has_value();
  for (std::size_t i = 0; i < rats::kTrustClaims; ++i)
    if (distance(rats::tier_of(after.vector->claims[i])) < distance(rats::tier_of(before.vector->claims[i])))
      return true;
  return false;
}

}  // namespace

// A policy is data of an operator, often written in a hurry: it must not be able to affirm what the scheme did not.
// Veraison lets it.
Result<rats::Ear> apply_policy(const Policy& policy, rats::Ear ear) {
  if (!policy.hook) return ear;
  const auto before = ear.submodules;
  CHECK(policy.hook(ear));
  if (weak::removed(weak::Check::policy_may_only_worsen)) return ear;
  for (const auto& [name, submodule] : before) {
    const auto after = ear.submodules.find(name);
    if (after == ear.submodules.end() || is_raised(submodule, after->second))
      return fail(Errc::configuration,
                  std::format("the policy raised or removed {}: it may only make a result worse", name));
  }
  return ear;
}

}  // namespace credence::verifier
