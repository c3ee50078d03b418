// Requests that wait for a thread to do their work, first come, first served.
//
// Reading requests goes on meanwhile: that is how the server knows how many wait, and can refuse one at once instead of
// letting it find out by waiting. Only connection.cpp and server.cpp include this header: it brings Asio.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "service/http/admission.h"

namespace credence::service::http {

// Thread-safe.
class Turns {
 public:
  using Clock = Admission::Clock;

  Turns(AdmissionLimits limits, unsigned threads) : threads_(threads), admission_(limits, threads) {}

  // Whether one more may wait: then async_wait() is next.
  [[nodiscard]] bool admits();
  // Completes when it is this request's turn, which ends with end().
  template <typename Token>
  auto async_wait(Token&& token) {
    const auto initiate = [this](auto handler) {
      enqueue([handler = std::move(handler)]() mutable {
        const auto executor = boost::asio::get_associated_executor(handler);
        boost::asio::post(executor, std::move(handler));
      });
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
    Clock::time_point since;
  };

  void enqueue(Resume resume);
  // Resumes the one whose turn begins, if a thread is free for it.
  [[nodiscard]] Resume take_next();

  const std::size_t threads_;
  std::mutex mutex_;
  Admission admission_;
  std::deque<Waiting> waiting_;
  std::size_t running_ = 0;
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
