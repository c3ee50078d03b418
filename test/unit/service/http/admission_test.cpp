#include "service/http/admission.h"

#include <gtest/gtest.h>

namespace credence::service::http {
namespace {

using namespace std::chrono_literals;

class AdmissionTest : public testing::Test {
 protected:
  // Everybody waits this long, for this time.
  void spend(Admission& admission, Admission::Clock::duration wait, std::chrono::milliseconds time,
             std::size_t ahead = 16) {
    for (const auto end = now + time; now < end; now += 1ms) {
      if (!admission.is_overloaded()) static_cast<void>(admission.admits(ahead));
      admission.waited(wait, now);
      admission.took(1ms);
    }
  }

  // A request takes 1 ms: waits are long from 4 ms on.
  AdmissionLimits limits{.most_target = 10ms, .interval = 100ms, .longest = 250ms, .few = 2};
  Admission::Clock::time_point now{1h};
};

TEST_F(AdmissionTest, LetsABurstWait) {
  Admission admission(limits, 1);
  spend(admission, 1ms, 300ms);
  EXPECT_FALSE(admission.is_overloaded());
  EXPECT_TRUE(admission.admits(200));   // 200 ms, at 1 ms each
  EXPECT_FALSE(admission.admits(300));  // nobody would wait that long
}

TEST_F(AdmissionTest, RefusesOnceEverybodyWaits) {
  Admission admission(limits, 1);
  spend(admission, 6ms, 150ms);
  EXPECT_TRUE(admission.is_overloaded());
  EXPECT_TRUE(admission.admits(0));  // half of the few
  EXPECT_FALSE(admission.admits(1));
  // Refusing keeps the wait just below the target: that is no end of it.
  spend(admission, 3ms, 300ms);
  EXPECT_TRUE(admission.is_overloaded());
  spend(admission, 1ms, 300ms);
  EXPECT_FALSE(admission.is_overloaded());
}

// The queue runs dry again and again while those who were refused pause: they are still too many.
TEST_F(AdmissionTest, IsOverloadedWhileItRefuses) {
  Admission admission(limits, 1);
  spend(admission, 6ms, 150ms);
  for (int i = 0; i < 10; ++i) {
    spend(admission, 0ms, 50ms);
    EXPECT_FALSE(admission.admits(6));
  }
  EXPECT_TRUE(admission.is_overloaded());
  spend(admission, 0ms, 300ms);
  EXPECT_FALSE(admission.is_overloaded());
  EXPECT_TRUE(admission.admits(200));
}

// Clients that were none too many before: a burst from time to time, always more than may wait in overload.
TEST_F(AdmissionTest, EndsForThoseWhoWouldBeginNone) {
  for (const std::size_t ahead : {3U, 4U, 8U}) {
    Admission admission(limits, 1);
    spend(admission, 6ms, 150ms);
    ASSERT_TRUE(admission.is_overloaded());
    const auto come = [&](std::chrono::milliseconds time) {
      for (const auto end = now + time; now < end; now += 10ms) {
        static_cast<void>(admission.admits(ahead));
        admission.waited(0ms, now);
      }
    };
    come(2s);
    EXPECT_TRUE(admission.is_overloaded()) << ahead;
    come(5s);
    // Up to twice the few: 4, those under way included.
    EXPECT_EQ(admission.is_overloaded(), ahead >= 4) << ahead;
    EXPECT_EQ(admission.admits(ahead), ahead < 4) << ahead;
  }
}

TEST_F(AdmissionTest, RefusesAllButOneOfOne) {
  limits.few = 1;
  Admission admission(limits, 1);
  spend(admission, 6ms, 150ms);
  ASSERT_TRUE(admission.is_overloaded());
  EXPECT_TRUE(admission.admits(0));
  EXPECT_FALSE(admission.admits(1));
}

TEST_F(AdmissionTest, ForgetsAnOverloadThatIsLongOver) {
  Admission admission(limits, 1);
  spend(admission, 6ms, 150ms);
  EXPECT_FALSE(admission.admits(6));
  now += 1s;
  admission.waited(0ms, now);
  EXPECT_FALSE(admission.is_overloaded());
  EXPECT_TRUE(admission.admits(6));
}

// Clients that take turns, no more than may always wait: their answers take long, and nobody is too many.
TEST_F(AdmissionTest, IsNotOverloadedByAFew) {
  Admission admission(limits, 1);
  spend(admission, 50ms, 500ms, 1);
  EXPECT_FALSE(admission.is_overloaded());
  spend(admission, 50ms, 300ms, 2);
  EXPECT_TRUE(admission.is_overloaded());
}

// Who is first in a round waits for nobody: most waits may be short in overload.
TEST_F(AdmissionTest, GoesByOneWaitInFive) {
  Admission admission(limits, 1);
  for (int i = 0; i < 20; ++i) {
    spend(admission, 50ms, 3ms);
    spend(admission, 1ms, 15ms);
  }
  EXPECT_FALSE(admission.is_overloaded());
  for (int i = 0; i < 20; ++i) {
    spend(admission, 50ms, 4ms);
    spend(admission, 1ms, 14ms);
  }
  EXPECT_TRUE(admission.is_overloaded());
}

// Twice what the few take together, on a fast machine and on a slow one; never more than a client minds.
TEST_F(AdmissionTest, MeasuresWaitsByWhatARequestTakes) {
  struct Machine {
    std::chrono::microseconds cost, at_most, long_wait;
  };
  const AdmissionLimits real;  // 16 of a thread
  for (const Machine& each : {Machine{50us, 1'550us, 1'650us}, Machine{100us, 3'150us, 3'250us},
                              Machine{1us, 630us, 650us}, Machine{10ms, 9'990us, 10'010us}}) {
    for (const bool is_long : {false, true}) {
      Admission admission(real, 1);
      for (int i = 0; i < 3'000; ++i) admission.took(each.cost);
      for (const auto end = now + 250ms; now < end; now += 1ms) {
        static_cast<void>(admission.admits(16));
        admission.waited(is_long ? each.long_wait : each.at_most, now);
      }
      EXPECT_EQ(admission.is_overloaded(), is_long) << each.cost;
    }
  }
}

// Rounds of questions that take little and of verdicts that take much: the measure is that of both.
TEST_F(AdmissionTest, IsNotMisledByRounds) {
  for (const bool is_long : {false, true}) {
    Admission admission({}, 1);
    for (int round = 0; round < 60; ++round, now += 5ms) {
      for (int i = 0; i < 64; ++i) admission.took(round % 2 == 0 ? 20us : 130us);
      if (round < 10) continue;
      static_cast<void>(admission.admits(16));
      // 32 times 75 us are 2.4 ms.
      admission.waited(round % 2 != 0 && is_long ? 2'800us : 2'000us, now);
    }
    EXPECT_EQ(admission.is_overloaded(), is_long);
  }
}

TEST_F(AdmissionTest, RefusesNobodyWhileFewWait) {
  Admission admission(limits, 2);
  admission.took(1s);
  EXPECT_TRUE(admission.admits(3));
  for (int i = 0; i < 100; ++i, now += 10ms) {
    if (!admission.is_overloaded()) static_cast<void>(admission.admits(4));
    admission.waited(1s, now);
    admission.took(1s);
  }
  EXPECT_TRUE(admission.is_overloaded());
  EXPECT_TRUE(admission.admits(1));  // half as many as before
  EXPECT_FALSE(admission.admits(2));
}

TEST_F(AdmissionTest, CountsThreads) {
  Admission admission(limits, 4);
  spend(admission, 6ms, 150ms);
  EXPECT_TRUE(admission.admits(3));
  EXPECT_FALSE(admission.admits(4));
}

TEST_F(AdmissionTest, IsNotMisledByOneLongRequest) {
  Admission admission(limits, 1);
  spend(admission, 1ms, 300ms);
  admission.took(10s);
  EXPECT_TRUE(admission.admits(200));
}

}  // namespace
}  // namespace credence::service::http
