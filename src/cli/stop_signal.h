// SIGINT and SIGTERM as a call on an ordinary thread.
#pragma once

#include <functional>
#include <thread>

namespace credence::cli {

// Blocks the two signals in this thread and in those it starts afterwards: call it before anything that starts a
// thread, or that thread would take the signal and end the process.
void block_stop_signals();

// A thread that waits for one of them and then calls `stop`, once. Declare it after what `stop` uses: its end waits for
// a call that is under way.
[[nodiscard]] std::jthread on_stop_signal(std::function<void()> stop);

}  // namespace credence::cli
