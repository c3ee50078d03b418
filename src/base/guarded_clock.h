// A clock that notices when it was set back: by the monotonic clock, which nobody sets, and by a time that was noted
// before this process began (A22).
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"

namespace credence {

// A clock that is farther behind is not believed. The slews and steps by which a time service corrects a clock that
// runs are far smaller, and verifiers of one fleet may differ by as much (service/verifier/sealed_sessions.cpp).
inline constexpr std::chrono::minutes kClockTolerance{5};
// A clock that jumped ahead has to go on from there for so long before what it tells is held against it. So a jump that
// is taken back sooner locks nothing up. Nor does a clock that was ahead when the process began: for so long after that
// it is believed when it is set back, to no earlier than what was noted.
inline constexpr std::chrono::minutes kClockSettling{10};

// Thread-safe but for look(). Without look() a process judges by what the clock told when this was made, or, where it
// was behind that when it was asked for within kClockSettling, by what it told then.
class GuardedClock final : public Clock {
 public:
  // What std::chrono::steady_clock::now() tells.
  using Monotonic = std::function<std::chrono::steady_clock::time_point()>;
  GuardedClock(std::shared_ptr<const Clock> clock, Monotonic monotonic);

  [[nodiscard]] Timestamp now() const override { return clock_->now(); }
  [[nodiscard]] Result<Timestamp> checked_now() const override;

  // A time that was there before this process began. What an unguarded look() sees takes its place.
  void not_before(Timestamp noted) noexcept { noted_.store(noted); }
  // Without guard whatever the clock tells is believed, and what look() sees then is what counts when it is guarded
  // again.
  void guard(bool guarded) noexcept { guarded_.store(guarded); }
  [[nodiscard]] bool is_guarded() const noexcept { return guarded_.load(); }
  // How far the clock is behind what it had told; nothing or less: it is not.
  [[nodiscard]] std::chrono::milliseconds behind() const;

  struct Sight {
    std::chrono::milliseconds step{};    // all together since the last one, where it is more than the tolerance
    std::optional<Timestamp> settled{};  // what the clock tells, once it has gone its way for long enough to be noted
  };
  // For one thread, about every second.
  Sight look();

 private:
  struct Reading {
    Timestamp now;
    std::chrono::milliseconds monotonic{};
    std::chrono::milliseconds ahead{};  // of the monotonic clock: stays as it is until somebody sets the clock
  };
  [[nodiscard]] Reading read() const;
  [[nodiscard]] Timestamp told_here(const Reading& reading) const noexcept;
  [[nodiscard]] Timestamp latest_told(const Reading& reading) const noexcept;
  void hold(const Reading& reading) const noexcept;
  void begin_again(const Reading& reading) const noexcept;

  const std::shared_ptr<const Clock> clock_;
  const Monotonic monotonic_;
  std::atomic<Timestamp> noted_{Timestamp{}};
  mutable std::atomic<std::chrono::milliseconds> held_ahead_{};  // what is held against the clock,
  mutable std::atomic<std::chrono::milliseconds> held_at_{};     // by the monotonic clock since then
  std::atomic<bool> guarded_ = true;
  std::chrono::milliseconds began_{};  // by the monotonic clock; stays
  // look() alone: from where the clock has gone on since, give or take the tolerance.
  std::chrono::milliseconds course_{};
  std::chrono::milliseconds course_since_{};
};

// The system's clock, guarded from now on: for the edges of the program.
[[nodiscard]] std::shared_ptr<const Clock> guarded_system_clock();

}  // namespace credence
