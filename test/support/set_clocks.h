// The two clocks of a machine, as a test sets them.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "base/guarded_clock.h"

namespace credence::test {

// Thread-safe.
class SetClocks {
 public:
  explicit SetClocks(Timestamp at) : system_(std::make_shared<System>(at)) {}

  // Time passes for both.
  void pass(std::chrono::milliseconds time) { pass(time, time); }
  void pass(std::chrono::milliseconds system, std::chrono::milliseconds monotonic) {
    monotonic_->store(monotonic_->load() + monotonic);
    step(system);
  }
  // Somebody sets the system's.
  void step(std::chrono::milliseconds by) { system_->at.store(system_->at.load() + by); }

  [[nodiscard]] Timestamp now() const { return system_->now(); }
  [[nodiscard]] std::shared_ptr<const Clock> system() const { return system_; }
  // Of a process that has run for so long that what it told at its start is held against the clock.
  [[nodiscard]] std::shared_ptr<GuardedClock> guarded() {
    pass(-kClockSettling);
    auto clock = just_begun();
    pass(kClockSettling);
    clock->look();
    return clock;
  }
  // Of one that begins now.
  [[nodiscard]] std::shared_ptr<GuardedClock> just_begun() const {
    return std::make_shared<GuardedClock>(
        system_, [monotonic = monotonic_] { return std::chrono::steady_clock::time_point(monotonic->load()); });
  }

 private:
  struct System final : Clock {
    explicit System(Timestamp its) : at(its) {}
    [[nodiscard]] Timestamp now() const override { return at.load(); }
    std::atomic<Timestamp> at;
  };
  using Monotonic = std::atomic<std::chrono::milliseconds>;
  std::shared_ptr<System> system_;
  std::shared_ptr<Monotonic> monotonic_ = std::make_shared<Monotonic>(std::chrono::hours(100));
};

}  // namespace credence::test
