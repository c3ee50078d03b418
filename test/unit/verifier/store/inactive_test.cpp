#include "verifier/store/inactive.h"

#include <gtest/gtest.h>

namespace credence::verifier {
namespace {

TEST(InactiveCorims, AreFoundByWhatTheySayUntilTheLastIsGone) {
  const Bytes said(32, 1), other(32, 2);
  InactiveCorims inactive;
  EXPECT_EQ(inactive.find(said), nullptr);
  inactive.add("b", said);
  inactive.add("a", said);
  inactive.add("a", said);
  ASSERT_NE(inactive.find(said), nullptr);
  EXPECT_EQ(*inactive.find(said), "a");
  EXPECT_EQ(inactive.find(other), nullptr);
  inactive.remove("a");
  EXPECT_FALSE(inactive.contains("a"));
  ASSERT_NE(inactive.find(said), nullptr);
  EXPECT_EQ(*inactive.find(said), "b");
  inactive.remove("b");
  inactive.remove("b");
  EXPECT_EQ(inactive.find(said), nullptr);
  EXPECT_TRUE(inactive.all().empty());
}

TEST(InactiveCorims, SayWhatWasAddedLast) {
  const Bytes before(32, 1), after(32, 2);
  InactiveCorims inactive;
  inactive.add("a", before);
  inactive.add("a", after);
  EXPECT_EQ(inactive.find(before), nullptr);
  ASSERT_NE(inactive.find(after), nullptr);
  EXPECT_EQ(inactive.all().at("a"), after);
}

}  // namespace
}  // namespace credence::verifier
