// One connection: a coroutine that reads requests, one after the other, and answers them.
//
// Only server.cpp includes this header: it brings Asio.
#pragma once

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "service/http/observer.h"
#include "service/http/request_id.h"
#include "service/http/router.h"
#include "service/http/server.h"
#include "service/http/turns.h"

namespace credence::service::http {

// Named and not erased: each step of a connection goes through its executor.
using Executor = boost::asio::strand<boost::asio::io_context::executor_type>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using TlsStream = boost::asio::ssl::stream<Socket>;
template <typename T>
using Task = boost::asio::awaitable<T, Executor>;
inline constexpr auto kResume = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>());

// What a reload exchanges as a whole. A request keeps what it began with.
struct Serving {
  Router router;
  ServerLimits limits;
  std::shared_ptr<boost::asio::ssl::context> tls;  // null: plain HTTP
  std::shared_ptr<Observer> observer;
  std::vector<std::string> trusted_proxies;  // as exact_address() writes them
};

// What all connections of a server share; outlives them.
class Shared {
 public:
  // Turns are by the limits of the beginning, whatever a reload brings: they know what is under way.
  Shared(std::shared_ptr<const Serving> serving, RequestIds request_ids, unsigned threads, Log& its_log)
      : log(its_log),
        ids(std::move(request_ids)),
        turns(serving->limits.admission, threads, its_log),
        serving_(std::move(serving)) {}

  [[nodiscard]] std::shared_ptr<const Serving> serving() const {
    const std::lock_guard lock(mutex_);
    return serving_;
  }
  void exchange(std::shared_ptr<const Serving> serving) {
    const std::lock_guard lock(mutex_);
    serving_.swap(serving);
  }

  Log& log;
  RequestIds ids;
  Turns turns;
  std::atomic<bool> stopping = false;
  std::atomic<unsigned> slow_waiting = 0;
  boost::asio::thread_pool slow_guards{1};

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Serving> serving_;
};

// A connection as the server sees it, whatever its stream.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~Connection() = default;
  // Serves until the client, a limit or the server's end.
  virtual Task<void> run() = 0;
  // From any thread: wakes the connection when it only waits for a next request.
  virtual void stop_when_idle() = 0;
  // From any thread, now and then: closes the connection when its current step takes too long. A timer for each step
  // would cost more than most steps.
  virtual void close_when_late(Clock::time_point now) = 0;
};

[[nodiscard]] std::shared_ptr<Connection> make_connection(Socket socket, Shared& shared);

}  // namespace credence::service::http
