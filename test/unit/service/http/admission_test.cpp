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

  AdmissionLimits limits{.target = 5ms, .interval = 100ms, .longest = 250ms, .few = 2};
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
  EXPECT_TRUE(admission.admits(2));  // half of the target
  EXPECT_FALSE(admission.admits(3));
  // Refusing keeps the wait just below the target: that is no end of it.
  spend(admission, 4ms, 300ms);
  EXPECT_TRUE(admission.is_overloaded());
  spend(admission, 2ms, 300ms);
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

// Somebody always comes just when the queue is short: one wait in an interval hides no overload.
TEST_F(AdmissionTest, GoesByMostWaits) {
  Admission admission(limits, 1);
  for (int i = 0; i < 10; ++i) {
    spend(admission, 50ms, 20ms);
    spend(admission, 1ms, 20ms);
  }
  EXPECT_FALSE(admission.is_overloaded());
  for (int i = 0; i < 10; ++i) {
    spend(admission, 50ms, 40ms);
    spend(admission, 1ms, 1ms);
  }
  EXPECT_TRUE(admission.is_overloaded());
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
  EXPECT_TRUE(admission.admits(10));
  EXPECT_FALSE(admission.admits(11));
}

TEST_F(AdmissionTest, IsNotMisledByOneLongRequest) {
  Admission admission(limits, 1);
  spend(admission, 1ms, 300ms);
  admission.took(10s);
  EXPECT_TRUE(admission.admits(200));
}

}  // namespace
}  // namespace credence::service::http
