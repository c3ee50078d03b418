// The verifier's clock over time: what is noted of it for the next start, and what operators are told (A22).
#pragma once

#include <chrono>
#include <memory>

#include "base/guarded_clock.h"
#include "base/log.h"
#include "base/result.h"
#include "service/metrics/registry.h"
#include "service/verifier/health.h"
#include "verifier/store.h"

namespace credence::service {

// Guarded, by the monotonic clock of this machine, unless a clock that was set back is to be believed.
[[nodiscard]] std::shared_ptr<GuardedClock> watched_clock(std::shared_ptr<const Clock> clock, bool insecure_set_back);

// What is told in between a restart forgets, and each note is a write to disk.
inline constexpr std::chrono::minutes kTimeNotePeriod{1};

// "clock", which fails while no verdict is given (Errc::clock_set_back). What `store` noted before is held against the
// clock from now on, and what it tells is noted there: each time that the guard is off in place of what was noted,
// once. An Error is the store's. `log` must outlive the check.
[[nodiscard]] Result<HealthCheck> clock_check(const std::shared_ptr<GuardedClock>& clock,
                                              std::shared_ptr<verifier::Store> store, Log& log,
                                              std::chrono::milliseconds note_period = kTimeNotePeriod);

// How far it is behind, whether verdicts are given all the same, and whether anybody looks.
void add_clock_metrics(Metrics& metrics, std::shared_ptr<const GuardedClock> clock);

}  // namespace credence::service
