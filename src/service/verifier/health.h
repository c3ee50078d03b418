// Whether this verifier can do its work: what /readyz tells a load balancer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace credence::service {

// What can fail, and how to ask. Each check is run on the thread of Health alone, so that it may take long; no answer
// in time counts as a failure.
struct HealthCheck {
  std::string name;  // "store"
  std::function<Result<void>()> check;
  std::chrono::milliseconds period{1'000};
};

// Thread-safe. Reading it is cheap: it says what was found last.
class Health {
 public:
  struct Cause {
    std::string name;
    std::string detail;  // for the log: may name files and addresses
  };

  // Checks all once before it returns, then each in its period, with a heartbeat after each: they may take long, one by
  // one and all together. `log` must outlive it.
  Health(std::vector<HealthCheck> checks, Log& log, std::function<void()> heartbeat = {});
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  // Empty when ready.
  [[nodiscard]] std::vector<Cause> causes() const;
  // The state by Veraison's names ("service-state"). INITIALIZING is over when this exists.
  static constexpr std::string_view kReady = "READY", kDown = "DOWN", kTerminating = "TERMINATING";
  [[nodiscard]] std::string_view state() const;
  // From now on it is not ready: it is about to stop.
  void drain();

 private:
  struct Watched {
    HealthCheck check;
    std::optional<Error> failure{};
    std::chrono::steady_clock::time_point answered{};
    std::chrono::steady_clock::time_point due{};
  };
  void run(const std::stop_token& stop);
  void ask(Watched& watched);
  void beat();

  Log& log_;
  const std::function<void()> heartbeat_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Watched> watched_;
  bool draining_ = false;
  std::jthread thread_;  // last: it must stop before what it uses goes
};

}  // namespace credence::service
