// Domains and what they depend on (draft-ietf-rats-corim section 5.1.11): when they are accepted.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "accepted.h"
#include "support/refusal.h"
#include "verifier/store/content.h"

namespace credence::verifier {
namespace {

using test::accepted;
using test::corim_with;
using test::environment;

rats::DomainTriple domain(std::uint8_t id, const std::vector<std::uint8_t>& others) {
  rats::DomainTriple made{.domain = environment(id), .others = {}};
  for (const std::uint8_t other : others) made.others.push_back(environment(other));
  return made;
}

class Domains : public ::testing::Test {
 protected:
  void compose(std::uint8_t id, const std::vector<std::uint8_t>& members) {
    test::provision(*store, corim_with("members of " + std::to_string(id),
                                       [&](rats::Comid& comid) { comid.memberships.push_back(domain(id, members)); }));
  }
  void depend(std::uint8_t id, const std::vector<std::uint8_t>& trustees) {
    test::provision(*store, corim_with("trustees of " + std::to_string(id), [&](rats::Comid& comid) {
      comid.dependencies.push_back(domain(id, trustees));
    }));
  }
  [[nodiscard]] bool is_accepted(std::uint8_t id) const { return accepted(*store).value().meet(environment(id), {}); }
  // The entries of `endorsed` that have this member.
  [[nodiscard]] std::size_t count(std::string_view member) const {
    std::size_t found = 0;
    for (const json::Value& one : accepted(*store).value().endorsed()) found += one.as_object().contains(member);
    return found;
  }
  // The dependencies that are met.
  [[nodiscard]] std::size_t met() const {
    std::size_t found = 0;
    for (const json::Value& one : accepted(*store).value().endorsed()) {
      const json::Value* const met = one.as_object().if_contains("met");
      found += met != nullptr && met->as_bool();
    }
    return found;
  }

  std::shared_ptr<Store> store = memory_store();
};

TEST_F(Domains, AreAcceptedWhereAllMembersAre) {
  compose(10, {1});
  compose(11, {1, 2});
  EXPECT_TRUE(is_accepted(10));
  EXPECT_FALSE(is_accepted(11));
  const json::Array endorsed = accepted(*store).value().endorsed();
  ASSERT_EQ(endorsed.size(), 1U);
  EXPECT_EQ(endorsed[0].at("source"), "members of 10");
  EXPECT_EQ(endorsed[0].at("members").as_array().size(), 1U);
}

TEST_F(Domains, MayConsistOfDomains) {
  compose(12, {11, 10});
  compose(11, {10, 1});
  EXPECT_FALSE(is_accepted(12));
  compose(10, {1});
  EXPECT_TRUE(is_accepted(12));
}

TEST_F(Domains, ThatContainThemselvesAreNone) {
  compose(10, {1, 11});
  compose(11, {10});
  EXPECT_FALSE(is_accepted(10));
  EXPECT_FALSE(is_accepted(11));
}

// What is endorsed of an environment is no evidence of it: only a domain may be a member without any.
TEST_F(Domains, HaveNoMembersThatAreEndorsedOnly) {
  test::provision(*store, corim_with("endorsed", [](rats::Comid& comid) {
    comid.conditional_endorsements.push_back({{test::triple(1, "a")}, {test::triple(2, "b")}});
  }));
  compose(10, {1, 2});
  EXPECT_TRUE(is_accepted(2));
  EXPECT_FALSE(is_accepted(10));
}

TEST_F(Domains, CountWhileTheirCorimIsValidOnly) {
  auto corim = corim_with("members", [](rats::Comid& comid) { comid.memberships.push_back(domain(10, {1})); });
  corim.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  test::provision(*store, corim);
  EXPECT_TRUE(is_accepted(10));
  EXPECT_FALSE(accepted(*store, test::kNow + std::chrono::seconds(1)).value().meet(environment(10), {}));
}

TEST_F(Domains, DependOnDomainsThatAreAccepted) {
  depend(10, {11});
  EXPECT_EQ(count("trustees"), 0U);
  compose(10, {1});
  EXPECT_EQ(count("trustees"), 1U) << "a policy must be able to see that it is not met";
  EXPECT_EQ(met(), 0U);
  compose(11, {1});
  EXPECT_EQ(count("trustees"), 1U);
  EXPECT_EQ(met(), 1U);
}

TEST_F(Domains, DoNotDependOnThemselves) {
  for (const std::uint8_t id : std::vector<std::uint8_t>{10, 11, 12}) compose(id, {1});
  depend(10, {11});
  depend(11, {12});
  EXPECT_EQ(met(), 2U);
  EXPECT_EQ(count("problem"), 0U);
  depend(12, {10});
  EXPECT_EQ(count("trustees"), 3U);
  EXPECT_EQ(met(), 0U);
  EXPECT_EQ(count("problem"), 1U);
}

TEST_F(Domains, AreBoundedWhenTheyAreProvisioned) {
  const auto submit = [&](std::size_t members) {
    const auto corim = corim_with(std::to_string(members), [&](rats::Comid& comid) {
      comid.memberships.push_back(domain(10, std::vector<std::uint8_t>(members, 1)));
    });
    return store->submit(corim, test::octets_of(corim));
  };
  EXPECT_TRUE(submit(Content::kMostOthers));
  test::expect_refused(submit(Content::kMostOthers + 1), Errc::too_large, "expected at most 256 environments, got 257");
}

TEST_F(Domains, AreBoundedAsAllClaims) {
  AcceptedClaims claims;
  const auto add = [&](std::size_t trustees) {
    AcceptedDependency dependency{.triple = {.domain = environment(1), .others = {}}, .source = "c", .met = true};
    dependency.triple.others.resize(trustees, environment(2));
    return claims.add(std::move(dependency));
  };
  EXPECT_TRUE(add(AcceptedClaims::kMostMeasurements));
  EXPECT_EQ(add(1).error().code, Errc::too_large);
}

}  // namespace
}  // namespace credence::verifier
