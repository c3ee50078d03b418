// Any number of HTTP requests on one thread, over libcurl's multi interface: connections to a verifier are kept and
// shared, and nobody waits for an answer but that thread.
//
// Internal to the folder.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

#include "base/result.h"
#include "client/http.h"

namespace credence::client {

class Transfers {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Done = std::move_only_function<void(Result<HttpResponse>)>;

  struct Job {
    HttpRequest request;
    Time not_before;  // a poll waits for its turn
    Time deadline;
    Done done;  // called exactly once, on the I/O thread unless that has ended
  };

  // Where jobs go in. May outlive the Transfers: what comes too late fails with Errc::unavailable, at once.
  class Queue {
   public:
    virtual ~Queue() = default;
    // Thread-safe, also from within a Done.
    virtual void start(Job job) = 0;
  };

  // Errc::configuration without libcurl, internal when that gives no multi handle.
  [[nodiscard]] static Result<std::unique_ptr<Transfers>> make(HttpOptions options, std::size_t max_concurrent);
  // What is under way fails with Errc::unavailable before this returns; called on the I/O thread itself, soon after.
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  [[nodiscard]] std::shared_ptr<Queue> queue() const;

 private:
  class Loop;
  explicit Transfers(std::shared_ptr<Loop> loop);
  std::shared_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace credence::client
