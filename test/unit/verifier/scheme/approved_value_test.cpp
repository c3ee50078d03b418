// Values that reference values approve: how they are joined, and which of them people are shown.
#include "verifier/scheme/approved_value.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "unit/verifier/fixture.h"

namespace credence::verifier {
namespace {

Origin origin(const std::string& id) { return {.id = id, .source = "the " + id, .profile = {}, .validity = {}}; }

Bytes number(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value)};
}

TEST(ApprovedValues, AreOneForAllCorimsThatStateThem) {
  std::vector<ApprovedValue> values;
  ApprovedJoiner joiner(values);
  joiner.add(number(1), origin("first"));
  joiner.add(number(2), origin("first"));
  Origin old = origin("second");
  old.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  joiner.add(number(1), old);
  joiner.add(number(3), old);
  ASSERT_EQ(values.size(), 3U);
  EXPECT_EQ(values[0].value, number(1));
  EXPECT_EQ(values[0].sources.submissions(), "first, second");
  EXPECT_TRUE(values[0].validity.contains(test::kNow + Seconds(1)));
  EXPECT_EQ(values[2].sources.submissions(), "second");
  EXPECT_FALSE(values[2].validity.contains(test::kNow + Seconds(1)));
}

// Each once more compared with all others, these would take minutes.
TEST(ApprovedValues, AreJoinedHoweverManyTheyAre) {
  constexpr std::uint32_t kMany = 100'000;
  std::vector<ApprovedValue> values;
  ApprovedJoiner joiner(values);
  const Origin one = origin("one");
  for (std::uint32_t i = 0; i < kMany; ++i) joiner.add(number(i), one);
  for (std::uint32_t i = 0; i < kMany; ++i) joiner.add(number(i), one);
  ASSERT_EQ(values.size(), kMany);
  for (std::uint32_t i = 0; i < kMany; ++i) ASSERT_EQ(values[i].value, number(i));
}

TEST(NearestValues, AreOfTheFirstRanksAndTheOthersAreCounted) {
  const std::vector<int> numbers = {30, 11, 21, 12, 22, 99, 13, 23};
  std::vector<const int*> all;
  for (const int& value : numbers) all.push_back(&value);
  int ranked = 0;
  const auto found = nearest(all, std::array{1, 2, 3}, [&](int value) {
    ++ranked;
    return value / 10;
  });
  std::vector<int> named;
  for (const int* value : found.entries) named.push_back(*value);
  EXPECT_EQ(named, (std::vector{11, 12, 13, 21}));
  EXPECT_EQ(found.left_out, 3U);
  EXPECT_EQ(ranked, 8) << "each is ranked once";
  EXPECT_TRUE(nearest(all, std::array{5}, [](int value) { return value / 10; }).entries.empty());
}

}  // namespace
}  // namespace credence::verifier
