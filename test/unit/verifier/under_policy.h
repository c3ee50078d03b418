// An engine under a policy in Lua, and what the policy saw.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "crypto/random.h"
#include "fixture.h"
#include "verifier/policy/lua/language.h"
#include "verifier/policy/policies.h"

namespace credence::test {

inline verifier::Engine engine_under(std::string rules, const std::string& scheme,
                                     const std::shared_ptr<verifier::Store>& store, verifier::Policy policy = {},
                                     Timestamp now = kNow, bool may_raise = false) {
  const auto clock = std::make_shared<FixedClock>(now);
  auto policies =
      std::make_shared<verifier::Policies>(verifier::Policies::Parts{.store = store,
                                                                     .languages = {verifier::lua_language(clock)},
                                                                     .clock = clock,
                                                                     .random = crypto::system_random(),
                                                                     .names = {}});
  const auto version = policies->add(
      {.scheme = scheme, .name = "site", .type = "lua", .rules = std::move(rules), .may_raise = may_raise});
  EXPECT_TRUE(version) << version.error().text();
  EXPECT_TRUE(policies->activate(scheme, version->id));
  return {store, clock, std::move(policy), {.build = "test", .issuer = {}}, std::move(policies)};
}

// What a policy sees as `evidence` of this submodule. By Veraison's names: in Rego a name that is missing is silence.
inline json::Object evidence_seen(const std::string& scheme, const std::string& submodule,
                                  const std::shared_ptr<verifier::Store>& store,
                                  const verifier::AppraisalRequest& request, verifier::Policy policy = {},
                                  Timestamp now = kNow) {
  const rats::Ear ear =
      engine_under("added_claims.evidence = evidence", scheme, store, std::move(policy), now).appraise(request).value();
  const auto found = ear.submodules.find(submodule);
  if (found == ear.submodules.end() || !found->second.policy_claims.contains("evidence")) {
    ADD_FAILURE() << submodule << ": " << testing::PrintToString(ear.problems());
    return {};
  }
  return found->second.policy_claims.at("evidence").as_object();
}

}  // namespace credence::test
