#include "service/access/rate_limit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace credence::service::access {
namespace {

using std::chrono::milliseconds;

class RateLimitTest : public testing::Test {
 protected:
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)));
  RateLimit limit{{.per_second = 0.5, .burst = 3}, clock};
};

TEST_F(RateLimitTest, GivesABurstAndThenTheRate) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.take("a"), std::nullopt) << i;
  EXPECT_EQ(limit.take("a"), Seconds(2));
  EXPECT_EQ(limit.take("b"), std::nullopt);  // another one is not concerned
  clock->advance(milliseconds(1'500));
  EXPECT_EQ(limit.take("a"), Seconds(1));
  clock->advance(milliseconds(500));
  EXPECT_EQ(limit.wait("a"), std::nullopt);
  EXPECT_EQ(limit.take("a"), std::nullopt);  // waiting costs nothing
  EXPECT_EQ(limit.wait("a"), Seconds(2));
  clock->advance(std::chrono::hours(1));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.take("a"), std::nullopt) << i;
  EXPECT_TRUE(limit.take("a"));
}

TEST_F(RateLimitTest, GivesNothingForAClockThatGoesBack) {
  for (int i = 0; i < 3; ++i) (void)limit.take("a");
  clock->advance(-std::chrono::hours(1));
  EXPECT_TRUE(limit.take("a"));
  clock->advance(std::chrono::seconds(2));
  EXPECT_FALSE(limit.take("a"));
}

TEST_F(RateLimitTest, ForgetsWhoWasSeenLongestAgo) {
  RateLimit few({.per_second = 0.001, .burst = 1}, clock, 2);
  EXPECT_FALSE(few.take("a"));
  EXPECT_FALSE(few.take("b"));
  EXPECT_TRUE(few.take("a"));
  EXPECT_FALSE(few.take("c"));  // b goes
  EXPECT_TRUE(few.take("a"));
  EXPECT_FALSE(few.take("b"));
}

TEST_F(RateLimitTest, IsOffAtRateZero) {
  RateLimit off({}, clock);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(off.take("a"));
}

TEST_F(RateLimitTest, CountsExactlyFromManyThreads) {
  RateLimit shared({.per_second = 0.001, .burst = 50}, clock);
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 25; ++j) taken += shared.take("a") ? 0 : 1;
      });
    }
  }
  EXPECT_EQ(taken, 50);
}

}  // namespace
}  // namespace credence::service::access
