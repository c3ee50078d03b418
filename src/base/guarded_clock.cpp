#include "base/guarded_clock.h"

#include <algorithm>
#include <format>
#include <utility>

namespace credence {
namespace {

using std::chrono::milliseconds;

// Two clocks of one machine drift apart where one of them is corrected by steps. One part in so many (500 ppm) is what
// a kernel corrects at most, and no setting back: an hour would take three months.
constexpr int kOnePartIn = 2'000;

}  // namespace

GuardedClock::GuardedClock(std::shared_ptr<const Clock> clock, Monotonic monotonic)
    : clock_(std::move(clock)), monotonic_(std::move(monotonic)) {
  const Reading first = read();
  hold(first);
  began_ = first.monotonic;
  course_ = first.ahead;
  course_since_ = first.monotonic;
}

// In this order: a thread that is held up between the two finds the clock late, and never early.
GuardedClock::Reading GuardedClock::read() const {
  const Timestamp now = clock_->now();
  const auto monotonic = std::chrono::floor<milliseconds>(monotonic_().time_since_epoch());
  return {.now = now, .monotonic = monotonic, .ahead = now.time_since_epoch() - monotonic};
}

void GuardedClock::hold(const Reading& reading) const noexcept {
  held_ahead_.store(reading.ahead);
  held_at_.store(reading.monotonic);
}

// Where the clock has to be by now, by what it told here.
Timestamp GuardedClock::told_here(const Reading& reading) const noexcept {
  const milliseconds drift = (reading.monotonic - held_at_.load()) / kOnePartIn;
  return Timestamp(reading.monotonic + held_ahead_.load() - drift);
}

// By what was noted, too.
Timestamp GuardedClock::latest_told(const Reading& reading) const noexcept {
  return std::max(told_here(reading), noted_.load());
}

// A clock that was ahead at the start may be set right after it. To go back to no earlier than what was noted is what a
// restart would be good for as well.
void GuardedClock::begin_again(const Reading& reading) const noexcept {
  if (reading.monotonic - began_ >= kClockSettling || reading.now < noted_.load()) return;
  if (latest_told(reading) - reading.now > kClockTolerance) hold(reading);
}

milliseconds GuardedClock::behind() const {
  const Reading reading = read();
  return latest_told(reading) - reading.now;
}

Result<Timestamp> GuardedClock::checked_now() const {
  const Reading reading = read();
  if (!is_guarded()) return reading.now;
  begin_again(reading);
  const Timestamp told = latest_told(reading);
  if (told - reading.now <= kClockTolerance) return reading.now;
  const auto seconds = std::chrono::floor<Seconds>(told - reading.now).count();
  if (told > told_here(reading)) {
    return fail(Errc::clock_set_back,
                std::format("the clock here is {} s behind what it had told before this process began, {}: set it. If "
                            "it is right now, and was ahead then, start once with --insecure-clock-set-back, in the "
                            "configuration insecure-clock-set-back = true",
                            seconds, to_rfc3339(told)));
  }
  return fail(Errc::clock_set_back,
              std::format("the clock here is {} s behind what it had told: set it. If it is right now, and was ahead "
                          "before, restart this process",
                          seconds));
}

GuardedClock::Sight GuardedClock::look() {
  const Reading reading = read();
  Sight sight;
  // Not from one look to the next: many small steps are a large one.
  const milliseconds step = reading.ahead - course_;
  if (std::chrono::abs(step) > kClockTolerance) {
    sight.step = step;
    course_ = reading.ahead;
    course_since_ = reading.monotonic;
  }
  if (!is_guarded()) {
    // In place of what was noted, as in the store. Without any time the clock, guarded again soon after the start,
    // could be set back to any.
    noted_.store(reading.now);
    hold(reading);
    sight.settled = reading.now;
    return sight;
  }
  begin_again(reading);
  const milliseconds late = latest_told(reading) - reading.now;
  if (reading.monotonic - course_since_ < kClockSettling || late > kClockTolerance) return sight;
  if (late <= milliseconds(0)) hold(reading);
  sight.settled = reading.now;
  return sight;
}

std::shared_ptr<const Clock> guarded_system_clock() {
  return std::make_shared<const GuardedClock>(system_clock(), &std::chrono::steady_clock::now);
}

}  // namespace credence
