#include "service/verifier/health.h"

#include <algorithm>
#include <exception>
#include <format>
#include <utility>

namespace credence::service {
namespace {

using std::chrono::steady_clock;

// Beyond its period. A store that hangs does not answer at all, and must not pass for one that is well.
constexpr std::chrono::seconds kPatience{4};
constexpr std::chrono::milliseconds kHeartbeat{1'000};

}  // namespace

Health::Health(std::vector<HealthCheck> checks, Log& log, std::function<void()> heartbeat)
    : log_(log), heartbeat_(std::move(heartbeat)) {
  for (HealthCheck& check : checks) watched_.push_back({.check = std::move(check)});
  for (Watched& watched : watched_) ask(watched);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Health::~Health() = default;

std::vector<Health::Cause> Health::causes() const {
  const std::lock_guard lock(mutex_);
  std::vector<Cause> causes;
  if (draining_) causes.push_back({.name = "draining", .detail = "the service is about to stop"});
  for (const Watched& watched : watched_) {
    const auto silent = steady_clock::now() - watched.answered;
    if (watched.failure) {
      causes.push_back({.name = watched.check.name, .detail = watched.failure->text()});
    } else if (silent > watched.check.period + kPatience) {
      causes.push_back({.name = watched.check.name,
                        .detail = std::format("no answer for {} s",
                                              std::chrono::duration_cast<std::chrono::seconds>(silent).count())});
    }
  }
  return causes;
}

std::string_view Health::state() const {
  {
    const std::lock_guard lock(mutex_);
    if (draining_) return kTerminating;
  }
  return causes().empty() ? kReady : kDown;
}

void Health::drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
}

// watched_ itself never changes, so that a check runs without the lock. An exception, for want of memory, is no answer:
// who goes on giving none has failed (causes()), and is asked again by the next heartbeat.
void Health::ask(Watched& watched) {
  try {
    const auto found = watched.check.check();
    const std::lock_guard lock(mutex_);
    const bool was_well = !watched.failure;
    watched.failure = found ? std::nullopt : std::optional(found.error());
    watched.answered = steady_clock::now();
    watched.due = watched.answered + watched.check.period;
    if (found && !was_well) log_.write(LogLevel::info, watched.check.name + ": well again");
    if (!found && was_well) log_.write(LogLevel::error, watched.check.name + ": " + found.error().text());
  } catch (const std::exception&) {
    return;
  }
}

void Health::beat() {
  if (heartbeat_) heartbeat_();
}

void Health::run(const std::stop_token& stop) {
  std::mutex waiting;
  std::unique_lock lock(waiting);
  while (!stop.stop_requested()) {
    changed_.wait_for(lock, stop, kHeartbeat, [] { return false; });
    if (stop.stop_requested()) return;
    beat();
    for (Watched& watched : watched_) {
      if (steady_clock::now() < watched.due) continue;
      ask(watched);
      beat();
    }
  }
}

}  // namespace credence::service
