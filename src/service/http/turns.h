// Requests that wait for a thread to do their work, first come, first served.
//
// Reading requests goes on meanwhile: that is how the server knows how many wait, and can refuse one at once instead of
// letting it find out by waiting. But a thread works for as long as it has read before: those who ask again and again
// would else leave no time for those who were let in. Only connection.cpp and server.cpp include this header: it brings
// Asio.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "base/log.h"
#include "service/http/admission.h"

namespace credence::service::http {

// Thread-safe.
class Turns {
 public:
  using Clock = Admission::Clock;
  using Executor = boost::asio::io_context::executor_type;

  Turns(AdmissionLimits limits, unsigned threads, Log& log)
      : threads_(threads), log_(log), admission_(limits, threads) {}

  // Whether one more may wait: then async_wait() is next.
  [[nodiscard]] bool admits();
  // Completes when it is this request's turn, which ends with end(). `executor` has the threads for it.
  template <typename Token>
  auto async_wait(const Executor& executor, Token&& token) {
    const auto initiate = [this, executor](auto handler) {
      auto resume = [handler = std::move(handler)]() mutable {
        const auto own = boost::asio::get_associated_executor(handler);
        boost::asio::dispatch(own, std::move(handler));
      };
      enqueue({.resume = std::move(resume), .executor = executor, .since = Clock::now()});
    };
    return boost::asio::async_initiate<Token, void()>(initiate, token);
  }
  void end(Clock::duration cost) noexcept;

  // Nobody waits any more: what waits is destroyed.
  void clear();

 private:
  using Resume = std::move_only_function<void()>;
  struct Waiting {
    Resume resume;
    Executor executor;
    Clock::time_point since;
  };
  struct Chain;

  void enqueue(Waiting one);
  // The one whose turn begins, if a thread is free for it.
  [[nodiscard]] std::optional<Waiting> take_next();
  void start(Waiting one);
  void run(Resume first);

  const std::size_t threads_;
  Log& log_;
  std::mutex mutex_;
  Admission admission_;
  std::deque<Waiting> waiting_;
  std::size_t running_ = 0;
  std::optional<Clock::time_point> busy_since_;  // the end of the last turn, when another one followed at once
};

// A turn that has begun. However its work ends, an exception included, the thread is free for the next one.
class Turn {
 public:
  explicit Turn(Turns& turns) : turns_(turns) {}
  ~Turn() { turns_.end(Turns::Clock::now() - start_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Turns& turns_;
  const Turns::Clock::time_point start_ = Turns::Clock::now();
};

}  // namespace credence::service::http
