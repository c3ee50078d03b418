// Time as a parameter. Nothing below client and service reads the clock: they are given one.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"

namespace credence {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;
using Seconds = std::chrono::seconds;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const = 0;
  // For whoever decides whether something has expired. Errc::clock_set_back where the clock is known to be behind: what
  // had expired would count again.
  [[nodiscard]] virtual Result<Timestamp> checked_now() const { return now(); }
};

// Stands still until it is moved: tests.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Timestamp at) : at_(at) {}
  [[nodiscard]] Timestamp now() const override { return at_; }
  void advance(std::chrono::milliseconds by) { at_ += by; }

 private:
  Timestamp at_;
};

// The system's clock, for the edges of the program (client, service, cli).
[[nodiscard]] std::shared_ptr<const Clock> system_clock();

// RFC 3339 in UTC with milliseconds: 2026-11-23T20:15:00.000Z.
[[nodiscard]] std::string to_rfc3339(Timestamp at);

}  // namespace credence
