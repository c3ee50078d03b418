#include "verifier/store/postgres/deadline.h"

#include <sys/socket.h>

namespace credence::verifier::postgres {

void Deadline::begin(int socket) {
  const std::lock_guard lock(mutex_);
  wait_ = Wait{.socket = socket, .until = std::chrono::steady_clock::now() + most_};
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

// Waits come and go thousands of times a second: nobody is woken for them.
void Deadline::end() {
  const std::lock_guard lock(mutex_);
  wait_.reset();
}

void Deadline::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (wait_ && wait_->until <= std::chrono::steady_clock::now()) {
      ::shutdown(wait_->socket, SHUT_RDWR);
      wait_.reset();
    }
    changed_.wait_for(lock, stop, most_ / 8, [] { return false; });
  }
}

}  // namespace credence::verifier::postgres
