// The signals that a service manager sends to a service, as calls on an ordinary thread.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace credence::cli {

struct ServiceSignals {
  std::function<void()> reload;  // SIGHUP
  std::function<void()> drain;   // SIGTERM, SIGINT: nothing new shall come
  std::function<void()> stop;    // when `drain_delay` has passed since then
  std::chrono::milliseconds drain_delay{0};
};

// Blocks the signals in this thread and in those it starts afterwards: call it before anything that starts a thread, or
// that thread would take the signal and end the process.
void block_service_signals();

// A thread that waits for them. A second SIGTERM or SIGINT ends the process at once. Declare it after what the calls
// use: its end waits for a call that is under way.
[[nodiscard]] std::jthread on_service_signals(ServiceSignals signals);

}  // namespace credence::cli
