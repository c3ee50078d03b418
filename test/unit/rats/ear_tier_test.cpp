#include <gtest/gtest.h>

#include "rats/ear/ear.h"

namespace credence::rats {
namespace {

TEST(Tier, OfAClaimFollowsAr4siAtEveryBound) {
  struct Range {
    int first;
    int last;
    Tier tier;
  };
  constexpr std::array kRanges{Range{-128, -97, Tier::contraindicated}, Range{-96, -33, Tier::warning},
                               Range{-32, -2, Tier::affirming},         Range{-1, 1, Tier::none},
                               Range{2, 31, Tier::affirming},           Range{32, 95, Tier::warning},
                               Range{96, 127, Tier::contraindicated}};
  int next = -128;
  for (const Range& range : kRanges) {
    ASSERT_EQ(range.first, next);
    for (int claim = range.first; claim <= range.last; ++claim) {
      EXPECT_EQ(tier_of(static_cast<std::int8_t>(claim)), range.tier) << claim;
    }
    next = range.last + 1;
  }
  EXPECT_EQ(next, 128);
}

TEST(Tier, OfAVectorIsTheWorst) {
  TrustVector vector;
  EXPECT_EQ(vector.tier(), Tier::none);
  vector[TrustClaim::hardware] = 2;
  EXPECT_EQ(vector.tier(), Tier::affirming);
  vector[TrustClaim::executables] = 33;
  EXPECT_EQ(vector.tier(), Tier::warning);
  vector[TrustClaim::sourced_data] = 99;
  EXPECT_EQ(vector.tier(), Tier::contraindicated);
}

Ear ear_with(std::initializer_list<Tier> statuses) {
  Ear ear;
  for (const Tier status : statuses) {
    Submodule submodule;
    submodule.status = status;
    ear.submodules.emplace("s" + std::to_string(ear.submodules.size()), std::move(submodule));
  }
  return ear;
}

TEST(EarStatus, IsTheWorstOfTheSubmodules) {
  using enum Tier;
  EXPECT_EQ(ear_with({}).status(), none);
  EXPECT_EQ(ear_with({affirming, affirming}).status(), affirming);
  EXPECT_EQ(ear_with({affirming, none}).status(), none);
  EXPECT_EQ(ear_with({none, warning}).status(), warning);
  EXPECT_EQ(ear_with({contraindicated, warning, affirming}).status(), contraindicated);
}

TEST(EarAffirming, NeedsEverySubmoduleToSaySo) {
  using enum Tier;
  EXPECT_TRUE(ear_with({affirming}).is_affirming());
  EXPECT_TRUE(ear_with({affirming, affirming}).is_affirming());
  EXPECT_FALSE(ear_with({}).is_affirming());
  EXPECT_FALSE(ear_with({none}).is_affirming());
  EXPECT_FALSE(ear_with({affirming, none}).is_affirming());
  EXPECT_FALSE(ear_with({warning}).is_affirming());
  EXPECT_FALSE(ear_with({affirming, contraindicated}).is_affirming());
}

TEST(EarAffirming, NeedsEveryClaimToBeZeroOrAffirming) {
  for (int claim = -128; claim <= 127; ++claim) {
    Ear ear = ear_with({Tier::affirming});
    ear.submodules.begin()->second.vector.emplace()[TrustClaim::file_system] = static_cast<std::int8_t>(claim);
    EXPECT_EQ(ear.is_affirming(), claim == 0 || (claim >= 2 && claim <= 31) || (claim >= -32 && claim <= -2)) << claim;
  }
}

TEST(EarProblems, AreTheTextsOfThePolicyClaims) {
  Ear ear = ear_with({Tier::contraindicated, Tier::affirming, Tier::warning});
  ear.submodules["s0"].policy_claims["problem"] = "PCR 4 differs";
  ear.submodules["s2"].policy_claims["problem"] = 7;
  EXPECT_EQ(ear.problems(), std::vector<std::string>{"PCR 4 differs"});
}

}  // namespace
}  // namespace credence::rats
