#include "cli/stop_signal.h"

#include <csignal>
#include <ctime>
#include <utility>

namespace credence::cli {
namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

void block_stop_signals() {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::jthread on_stop_signal(std::function<void()> stop) {
  return std::jthread([signals = stop_signals(), stop = std::move(stop)](const std::stop_token& token) {
    constexpr timespec kLookAgain{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!token.stop_requested()) {
      if (sigtimedwait(&signals, nullptr, &kLookAgain) > 0) {
        stop();
        return;
      }
    }
  });
}

}  // namespace credence::cli
