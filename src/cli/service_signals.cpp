#include "cli/service_signals.h"

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <utility>

namespace credence::cli {
namespace {

using std::chrono::steady_clock;

sigset_t service_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  return signals;
}

// What the signals have led to so far.
class Progress {
 public:
  explicit Progress(ServiceSignals calls) : calls_(std::move(calls)) {}

  void take(int signal) {
    if (signal == SIGHUP) {
      if (!ending_) calls_.reload();
    } else if (ending_) {
      std::_Exit(128 + signal);  // whoever asks twice means now; what was acknowledged is durable
    } else {
      ending_ = true;
      calls_.drain();
      stop_at_ = steady_clock::now() + calls_.drain_delay;
    }
  }
  void look_at_clock() {
    if (!stop_at_ || steady_clock::now() < *stop_at_) return;
    stop_at_.reset();
    calls_.stop();
  }

 private:
  const ServiceSignals calls_;
  bool ending_ = false;
  std::optional<steady_clock::time_point> stop_at_;
};

}  // namespace

void block_service_signals() {
  const sigset_t signals = service_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::jthread on_service_signals(ServiceSignals signals) {
  return std::jthread(
      [set = service_signals(), progress = Progress(std::move(signals))](const std::stop_token& token) mutable {
        constexpr timespec kLookAgain{.tv_sec = 0, .tv_nsec = 100'000'000};
        while (!token.stop_requested()) {
          if (const int signal = sigtimedwait(&set, nullptr, &kLookAgain); signal > 0) progress.take(signal);
          progress.look_at_clock();
        }
      });
}

}  // namespace credence::cli
