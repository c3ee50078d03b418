// Tiers of trustworthiness claims (draft-ietf-rats-ar4si section 2.3).
#include <algorithm>

#include "rats/ear/ear.h"

namespace credence::rats {
namespace {

// For the whole result: where nothing was decided, the others' affirming does not count.
int badness(Tier tier) noexcept {
  switch (tier) {
    case Tier::affirming:
      return 0;
    case Tier::none:
      return 1;
    case Tier::warning:
      return 2;
    case Tier::contraindicated:
      return 3;
  }
  return 3;
}

bool affirms(const Submodule& submodule) noexcept {
  if (submodule.status != Tier::affirming) return false;
  // AR4SI section 2.3.4: the status is the worst tier of the vector. A policy can set them apart, and a status alone
  // would then hide a failed claim, a verifier that could not work (-1) or evidence that it did not expect (1).
  return !submodule.vector || std::ranges::all_of(submodule.vector->claims, [](std::int8_t claim) {
    return claim == kNoClaim || tier_of(claim) == Tier::affirming;
  });
}

}  // namespace

std::string_view name(Tier tier) noexcept {
  switch (tier) {
    case Tier::none:
      return "none";
    case Tier::affirming:
      return "affirming";
    case Tier::warning:
      return "warning";
    case Tier::contraindicated:
      return "contraindicated";
  }
  return "none";
}

Tier tier_of(std::int8_t claim) noexcept {
  // Negative values mean what their positive counterparts mean, for claims of the verifier itself; the bounds differ
  // by one: 2..31 and -2..-32, 32..95 and -33..-96, 96..127 and -97..-128.
  const int rank = claim < 0 ? -(claim + 1) : claim;
  if (claim >= -1 && claim <= 1) return Tier::none;
  if (rank < 32) return Tier::affirming;
  if (rank < 96) return Tier::warning;
  return Tier::contraindicated;
}

Tier TrustVector::tier() const noexcept {
  Tier worst = Tier::none;
  for (const std::int8_t claim : claims) worst = std::max(worst, tier_of(claim));
  return worst;
}

Tier Ear::status() const noexcept {
  if (submodules.empty()) return Tier::none;
  Tier worst = overall_status.value_or(Tier::affirming);
  for (const auto& [name, submodule] : submodules) {
    if (badness(submodule.status) > badness(worst)) worst = submodule.status;
  }
  return worst;
}

bool Ear::is_affirming() const noexcept {
  return overall_status.value_or(Tier::affirming) == Tier::affirming && !submodules.empty() &&
         std::ranges::all_of(submodules, [](const auto& entry) { return affirms(entry.second); });
}

std::vector<std::string> Ear::problems() const {
  std::vector<std::string> problems;
  for (const auto& [name, submodule] : submodules) {
    const json::Value* problem = submodule.policy_claims.if_contains("problem");
    if (problem != nullptr && problem->is_string()) problems.emplace_back(problem->get_string());
  }
  return problems;
}

}  // namespace credence::rats
