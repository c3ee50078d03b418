#include "attack.h"

#include "support/refusal.h"

namespace credence::attack {
namespace {

TEST_P(AttackTest, IsRefused) {
  if (!GetParam().available()) GTEST_SKIP() << "this machine lacks what the attack needs";
  test::expect_refused(GetParam().run(), GetParam().code, GetParam().part);
}

TEST_P(AttackTest, SucceedsWithoutTheCheck) {
  if (!GetParam().available()) GTEST_SKIP() << "this machine lacks what the attack needs";
  const weak::Removal removal(GetParam().stopped_by);
  const Result<void> outcome = GetParam().run();
  EXPECT_TRUE(outcome) << "something else stops it too, so this test does not show what the check is worth: "
                       << outcome.error().text();
}

}  // namespace
}  // namespace credence::attack
