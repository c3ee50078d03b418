// Who is let in to wait for a thread, and who is refused because too many wait already.
//
// A queue that is full all the time only adds its length to every answer: whoever is served has waited for nothing. So
// the delay is controlled and not the length, as in RFC 8289: a burst may wait, but once waits have been long for a
// whole interval, newcomers are refused until there are no more than can be served in time.
//
// What is long depends on the machine: twice what those who may always wait take together. A fixed time would be
// one that a fast machine never reaches with four times its load, and a slow one with half of it.
#pragma once

#include <chrono>
#include <cstddef>

namespace credence::service::http {

struct AdmissionLimits {
  std::chrono::microseconds most_target{10'000};  // no wait above is short
  std::chrono::milliseconds interval{100};        // long waits throughout are overload
  std::chrono::microseconds longest{250'000};     // not even in a burst does one wait longer
  std::size_t few = 16;  // of a thread: so few may wait, however long each takes; in overload half, and nobody else
};

// For one thread at a time, and without a clock of its own.
class Admission {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Admission(AdmissionLimits limits, unsigned threads) : limits_(limits), threads_(threads) {}

  // Whether a request may wait behind `ahead` others, those under way included. That one may not is remembered: it is a
  // sign of overload.
  [[nodiscard]] bool admits(std::size_t ahead) noexcept;
  // What was seen: a request waited this long for its turn; one kept a thread for this long.
  void waited(Clock::duration wait, Clock::time_point now) noexcept;
  void took(Clock::duration cost) noexcept;

  [[nodiscard]] bool is_overloaded() const noexcept { return overloaded_; }

 private:
  void judge_interval() noexcept;
  [[nodiscard]] std::size_t may_wait() const noexcept;
  [[nodiscard]] Clock::duration target() const noexcept;

  AdmissionLimits limits_;
  std::size_t threads_;
  Clock::duration mean_cost_ = std::chrono::microseconds(200);
  Clock::rep costs_ = 1;        // that it is of, this guess included
  std::size_t waits_ = 0;       // in the current interval
  std::size_t long_waits_ = 0;  // of them longer than target()
  Clock::time_point interval_end_{};
  bool overloaded_ = false;
  bool refused_ = false;      // somebody, in the current interval
  bool crowded_ = false;      // more than a few waited at some time of it
  std::size_t patience_ = 0;  // intervals of overload until one that tries whether it is over
  bool trying_ = false;       // in the current interval, and nobody has been refused yet
};

}  // namespace credence::service::http
