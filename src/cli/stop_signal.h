// SIGINT and SIGTERM as a call on an ordinary thread.
#pragma once

#include <functional>
#include <thread>

namespace credence::cli {

// From construction on, the two signals are blocked in this thread and in those it starts afterwards: construct it
// before anything that starts a thread, or that thread would take the signal and end the process.
class StopSignal {
 public:
  StopSignal();
  // Starts a thread that waits for one of them and then calls `stop`, once.
  void call(std::function<void()> stop);

 private:
  std::jthread waiting_;
};

}  // namespace credence::cli
