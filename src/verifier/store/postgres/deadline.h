// Ends waiting for a database that does not answer. Its own timeouts are worth nothing when it has stopped or its
// machine is gone, and libpq waits for as long as the socket is open.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace credence::verifier::postgres {

// For one wait at a time.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds most) : most_(most) {}

  // While it lives; afterwards the socket is shut down, which ends the wait with an error.
  class Watch {
   public:
    Watch(Deadline& deadline, int socket) : deadline_(deadline) { deadline_.begin(socket); }
    ~Watch() { deadline_.end(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Deadline& deadline_;
  };

 private:
  struct Wait {
    int socket = -1;
    std::chrono::steady_clock::time_point until;
  };

  void begin(int socket);
  void end();
  void run(const std::stop_token& stop);

  const std::chrono::milliseconds most_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Wait> wait_;
  std::jthread thread_;  // from the first wait on
};

}  // namespace credence::verifier::postgres
