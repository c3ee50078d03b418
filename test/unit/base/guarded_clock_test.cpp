// A22: a verifier whose clock is set back affirms again what had expired.
#include "base/guarded_clock.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/refusal.h"
#include "support/set_clocks.h"

namespace credence {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr Timestamp kStart{1'790'000'000s};

// What the two clocks do until the next look.
struct Move {
  milliseconds system, monotonic;
  int times = 1;
};
struct Course {
  std::string_view name;
  std::vector<Move> moves;
  std::optional<std::int64_t> behind{};  // seconds; nothing: it is believed
};
void PrintTo(const Course& course, std::ostream* out) { *out << course.name; }

class GuardedClockCourse : public testing::TestWithParam<Course> {};

TEST_P(GuardedClockCourse, IsBelievedOrNot) {
  test::SetClocks clocks(kStart);
  const auto guarded = clocks.guarded();
  ASSERT_TRUE(guarded->checked_now());
  for (const Move& move : GetParam().moves) {
    for (int i = 0; i < move.times; ++i) {
      clocks.pass(move.system, move.monotonic);
      guarded->look();
    }
  }
  EXPECT_EQ(guarded->now(), clocks.now());
  const auto now = guarded->checked_now();
  if (!GetParam().behind) {
    ASSERT_TRUE(now) << now.error().text();
    EXPECT_EQ(*now, clocks.now());
    EXPECT_LE(guarded->behind(), kClockTolerance);
    return;
  }
  test::expect_refused(
      now, Errc::clock_set_back,
      "the clock here is " + std::to_string(*GetParam().behind) + " s behind what it had told: set it");
  EXPECT_GT(guarded->behind(), kClockTolerance);
}

INSTANTIATE_TEST_SUITE_P(
    GuardedClock, GuardedClockCourse,
    testing::Values(
        Course{"GoesOn", {{1s, 1s, 3}, {24h, 24h, 3}}}, Course{"IsSlewed", {{59s, 60s, 60}}},
        Course{"IsSetBackALittle", {{-5min, 0s}}}, Course{"IsSetBack", {{-5min - 1ms, 0s}}, 300},
        Course{"IsSetBackByAnHour", {{-1h, 0s}, {3s, 3s}}, 3'599}, Course{"IsSetBackStepByStep", {{-60s, 0s, 6}}, 360},
        Course{"IsSetBackAndLeftSo", {{-1h, 0s}, {24h, 24h, 7}}, 3'297},
        Course{"IsSetRightAgain", {{-1h, 0s}, {3s, 3s}, {1h, 0s}}}, Course{"IsSetAhead", {{24h, 0s}, {1s, 1s}}},
        Course{"IsSetAheadAndRightAgain", {{24h, 0s}, {1s, 1s, 3}, {-24h, 0s}}},
        Course{"IsSetAheadForLessThanItTakes", {{24h, 0s}, {599s, 599s}, {-24h, 0s}}},
        Course{"IsSetAheadForGoodAndBack", {{24h, 0s}, {600s, 600s}, {-24h, 0s}}, 86'400},
        Course{"IsSetAheadTwiceAndBack", {{24h, 0s}, {599s, 599s}, {24h, 0s}, {599s, 599s}, {-48h, 0s}}},
        Course{"IsSetAheadInSmallStepsAndBack", {{4min, 1s, 360}, {-1'434min, 0s}}},
        Course{"IsSetAheadInSmallStepsForGoodAndBack", {{4min, 1s, 360}, {600s, 600s}, {-1'434min, 0s}}, 86'040},
        Course{"IsSetBackBehindItsStart", {{24h, 0s}, {1s, 1s}, {-25h, 0s}}, 3'600},
        Course{"IsBelievedAgainAsItWasWhenRight", {{24h, 0s}, {600s, 600s}, {-24h, 0s}, {24h, 0s}}},
        // The monotonic clock is fast by 347 and by 694 parts in a million.
        Course{"IsCorrectedOnceADay", {{24h, 24h + 30s, 365}}},
        Course{"LosesMoreThanClocksDo", {{24h, 24h + 60s, 30}}, 503}),
    [](const auto& example) { return std::string(example.param.name); });

// With look() and, as relying parties have it, without.
TEST(GuardedClock, IsSetRightSoonAfterItsStart) {
  for (const bool looks : {true, false}) {
    SCOPED_TRACE(looks);
    test::SetClocks clocks(kStart);
    const auto guarded = clocks.just_begun();
    const auto is_believed = [&] {
      if (looks) guarded->look();
      return guarded->checked_now().has_value();
    };
    clocks.pass(-1h, 599s);
    EXPECT_TRUE(is_believed());
    EXPECT_LE(guarded->behind(), 0s);
    clocks.pass(1s);
    EXPECT_TRUE(is_believed());
    clocks.step(-6min);
    EXPECT_FALSE(is_believed()) << "it has had its time, and is held to what it told last";
  }
}

TEST(GuardedClock, IsNotSetBackSoonAfterItsStartToBeforeWhatWasNoted) {
  test::SetClocks clocks(kStart);
  const auto guarded = clocks.just_begun();
  guarded->not_before(kStart - 30min);
  clocks.step(-1h);
  guarded->look();
  test::expect_refused(guarded->checked_now(), Errc::clock_set_back, "3600 s behind what it had told: set it");
  clocks.step(30min - 1ms);
  EXPECT_FALSE(guarded->checked_now());
  clocks.step(1ms);
  EXPECT_TRUE(guarded->checked_now());
}

TEST(GuardedClock, GoesByWhatWasNotedBeforeItsProcess) {
  test::SetClocks clocks(kStart);
  const auto guarded = clocks.guarded();
  guarded->not_before(kStart - 1h);
  EXPECT_TRUE(guarded->checked_now());
  guarded->not_before(kStart + 5min);
  EXPECT_TRUE(guarded->checked_now());
  guarded->not_before(kStart + 1h);
  test::expect_refused(guarded->checked_now(), Errc::clock_set_back,
                       "the clock here is 3600 s behind what it had told before this process began, "
                       "2026-09-21T15:13:20.000Z: set it. If it is right now, and was ahead then, start once with "
                       "--insecure-clock-set-back, in the configuration insecure-clock-set-back = true");
  // It was wrong then, perhaps: when the time has come nothing is wrong any more.
  clocks.pass(55min - 1s);
  test::expect_refused(guarded->checked_now(), Errc::clock_set_back, "301 s behind");
  clocks.pass(1s);
  EXPECT_TRUE(guarded->checked_now());
  clocks.step(-1s);
  EXPECT_FALSE(guarded->checked_now());
  clocks.step(24h);  // or somebody sets it
  EXPECT_TRUE(guarded->checked_now());
}

TEST(GuardedClock, SaysWhatToDo) {
  test::SetClocks clocks(kStart);
  const auto guarded = clocks.guarded();
  clocks.step(-1h);
  test::expect_refused(guarded->checked_now(), Errc::clock_set_back,
                       "the clock here is 3600 s behind what it had told: set it. If it is right now, and was ahead "
                       "before, restart this process");
}

// A time that is wrong for a moment must not be noted: it would count after a restart.
TEST(GuardedClock, OffersOnlyATimeThatHasHeldToBeNoted) {
  test::SetClocks clocks(kStart);
  const auto guarded = clocks.just_begun();
  const auto settled_after = [&](milliseconds time) {
    clocks.pass(time);
    return guarded->look().settled;
  };
  EXPECT_EQ(settled_after(599s), std::nullopt);
  EXPECT_EQ(settled_after(1s), kStart + 600s);
  clocks.step(24h);
  EXPECT_EQ(settled_after(1s), std::nullopt);
  clocks.step(-24h);
  EXPECT_EQ(settled_after(1s), std::nullopt);
  EXPECT_EQ(settled_after(599s), std::nullopt);
  EXPECT_EQ(settled_after(1s), kStart + 1'202s);
  clocks.step(-4min);  // as good as right
  EXPECT_EQ(settled_after(1s), kStart + 963s);
  clocks.step(-1h);
  EXPECT_EQ(settled_after(1s), std::nullopt);
  EXPECT_EQ(settled_after(24h), std::nullopt);
}

TEST(GuardedClock, TellsOfLargeStepsOnce) {
  test::SetClocks clocks(kStart);
  const auto guarded = clocks.guarded();
  const auto step_after = [&](milliseconds step) {
    clocks.step(step);
    clocks.pass(1s);
    return guarded->look().step;
  };
  EXPECT_EQ(step_after(0s), 0s);
  EXPECT_EQ(step_after(5min), 0s);
  EXPECT_EQ(step_after(1h), 65min);
  EXPECT_EQ(step_after(0s), 0s);
  EXPECT_EQ(step_after(-1h), -1h);
  EXPECT_EQ(step_after(0s), 0s);
  EXPECT_EQ(step_after(3min), 0s);
  EXPECT_EQ(step_after(3min), 6min);
}

TEST(GuardedClock, IsBelievedWithoutGuardAndTakenAsItIs) {
  test::SetClocks clocks(kStart);
  const auto guarded = clocks.guarded();
  guarded->not_before(kStart + 24h);
  clocks.step(-1h);
  EXPECT_FALSE(guarded->checked_now());
  guarded->guard(false);
  EXPECT_FALSE(guarded->is_guarded());
  ASSERT_TRUE(guarded->checked_now());
  EXPECT_EQ(guarded->behind(), 25h);
  EXPECT_EQ(guarded->look().settled, kStart - 1h);
  EXPECT_EQ(guarded->behind(), 0s);
  guarded->guard(true);
  EXPECT_TRUE(guarded->checked_now());
  clocks.step(-1h);
  test::expect_refused(guarded->checked_now(), Errc::clock_set_back, "3600 s behind what it had told: set it");
}

// The first ten minutes, in which a clock may be set back, are none for what the guard was away for.
TEST(GuardedClock, IsHeldToWhatWasSeenWithoutGuardSoonAfterTheStart) {
  test::SetClocks clocks(kStart);
  const auto guarded = clocks.just_begun();
  guarded->not_before(kStart + 24h);
  test::expect_refused(guarded->checked_now(), Errc::clock_set_back, "86400 s behind what it had told before");
  guarded->guard(false);
  guarded->look();
  guarded->guard(true);
  ASSERT_TRUE(guarded->checked_now());
  clocks.pass(7min);
  clocks.step(-24h * 3'650);
  test::expect_refused(guarded->checked_now(), Errc::clock_set_back, "behind what it had told: set it");
  guarded->look();
  test::expect_refused(guarded->checked_now(), Errc::clock_set_back, "behind what it had told: set it");
  clocks.step(24h * 3'650);
  EXPECT_TRUE(guarded->checked_now());
  // To no earlier than that it may be set, as before.
  clocks.step(-7min);
  ASSERT_TRUE(guarded->checked_now());
  EXPECT_EQ(guarded->checked_now().value(), kStart);
}

}  // namespace
}  // namespace credence
