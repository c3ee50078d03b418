#include "service/verifier/clock_watch.h"

#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

namespace credence::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::int64_t whole_seconds(milliseconds time) { return std::chrono::floor<Seconds>(time).count(); }

// For one thread: that of the health checks.
class ClockWatch {
 public:
  ClockWatch(std::shared_ptr<GuardedClock> clock, std::shared_ptr<verifier::Store> store, Log& log,
             milliseconds note_period)
      : clock_(std::move(clock)), store_(std::move(store)), log_(log), note_period_(note_period) {}

  Result<void> look() {
    const milliseconds behind = clock_->behind();  // before look(), which takes an unguarded clock as it is
    const GuardedClock::Sight sight = clock_->look();
    tell(sight.step, behind);
    see_switch();
    if (sight.settled && steady_clock::now() >= note_next_) note(*sight.settled);
    CHECK(clock_->checked_now());
    return {};
  }

 private:
  // That a guarded clock is behind is told by whoever asks look().
  void tell(milliseconds step, milliseconds behind) {
    if (step > milliseconds(0)) {
      log_.write(LogLevel::warning,
                 std::format("the clock jumped ahead by {} s, at once or in steps: what has an end ends earlier by as "
                             "much. Unless the "
                             "machine slept, or its clock was behind before, look at its time service",
                             whole_seconds(step)));
    }
    if (clock_->is_guarded() && step < milliseconds(0) && clock_->checked_now()) {
      log_.write(LogLevel::info,
                 std::format("the clock was set back by {} s, to no earlier than what is held against it",
                             whole_seconds(-step)));
    }
    if (!clock_->is_guarded() && behind > kClockTolerance) {
      log_.write(LogLevel::warning,
                 std::format("the clock is {} s behind what it had told: by insecure-clock-set-back it is taken as it "
                             "is, and what had expired may count again",
                             whole_seconds(behind)));
    }
  }

  // Where the guard is taken away what was noted is replaced, at once and only once: it is also what other verifiers
  // over the same database note and are held to.
  void see_switch() {
    const bool is_guarded = clock_->is_guarded();
    if (was_guarded_ && !is_guarded) note_next_ = {};
    replaces_ = !is_guarded && (replaces_ || was_guarded_);
    was_guarded_ = is_guarded;
  }

  // A failure stops nothing: what was noted before still counts, and the store's own check says what is wrong with it.
  void note(Timestamp told) {
    note_next_ = steady_clock::now() + note_period_;
    const auto noted = store_->note_time(told, replaces_ ? verifier::TimeNote::instead : verifier::TimeNote::if_later);
    if (noted && std::exchange(replaces_, false)) tell_replaced(told);
    if (!noted && is_noted_) {
      log_.write(LogLevel::warning,
                 "the time cannot be noted, and a restart after which the clock is set back may go "
                 "unnoticed: " +
                     noted.error().text());
    }
    is_noted_ = noted.has_value();
  }

  // A store in memory takes a note and has none.
  void tell_replaced(Timestamp told) {
    const auto noted = store_->noted_time();
    const bool is_noted = !noted || noted->has_value();
    log_.write(LogLevel::warning,
               is_noted ? std::format("insecure-clock-set-back: the time is noted as the clock tells it, {}, in place "
                                      "of what was noted before. Leave the option out now",
                                      to_rfc3339(told))
                        : std::format("insecure-clock-set-back: the clock is taken as it is, {}. This store notes no "
                                      "time: a start without the option believes the clock, too. Leave it out now",
                                      to_rfc3339(told)));
  }

  const std::shared_ptr<GuardedClock> clock_;
  const std::shared_ptr<verifier::Store> store_;
  Log& log_;
  const milliseconds note_period_;
  steady_clock::time_point note_next_{};
  bool is_noted_ = true;
  bool was_guarded_ = true;
  bool replaces_ = false;  // what was noted before, by the next note
};

}  // namespace

std::shared_ptr<GuardedClock> watched_clock(std::shared_ptr<const Clock> clock, bool insecure_set_back) {
  auto watched = std::make_shared<GuardedClock>(std::move(clock), &steady_clock::now);
  watched->guard(!insecure_set_back);
  return watched;
}

Result<HealthCheck> clock_check(const std::shared_ptr<GuardedClock>& clock, std::shared_ptr<verifier::Store> store,
                                Log& log, milliseconds note_period) {
  TRY(const auto noted, store->noted_time());
  if (noted) clock->not_before(*noted);
  auto watch = std::make_shared<ClockWatch>(clock, std::move(store), log, note_period);
  return HealthCheck{.name = "clock", .check = [watch = std::move(watch)] { return watch->look(); }};
}

void add_clock_metrics(Metrics& metrics, std::shared_ptr<const GuardedClock> clock) {
  const Gauge behind = metrics.gauge("credence_clock_behind_seconds", "How far the clock is behind what it had told.");
  const Gauge trusted =
      metrics.gauge("credence_clock_trusted", "0 while no verdict is given because the clock was set back.");
  const Gauge guarded = metrics.gauge("credence_clock_guarded", "0 with insecure-clock-set-back: nobody looks.");
  metrics.before_exposition([=, clock = std::move(clock)] {
    behind.set(std::max(0.0, std::chrono::duration<double>(clock->behind()).count()));
    trusted.set(clock->checked_now() ? 1 : 0);
    guarded.set(clock->is_guarded() ? 1 : 0);
  });
}

}  // namespace credence::service
