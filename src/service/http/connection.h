// One connection: a coroutine that reads requests, one after the other, and answers them.
//
// Only server.cpp includes this header: it brings Beast and Asio.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/log.h"
#include "service/http/observer.h"
#include "service/http/request_id.h"
#include "service/http/router.h"
#include "service/http/server.h"

namespace credence::service::http {

using TcpStream = boost::beast::tcp_stream;
using TlsStream = boost::asio::ssl::stream<TcpStream>;

// What a reload exchanges as a whole. A request keeps what it began with.
struct Serving {
  Router router;
  ServerLimits limits;
  std::shared_ptr<boost::asio::ssl::context> tls;  // null: plain HTTP
  std::shared_ptr<Observer> observer;
};

// What all connections of a server share; outlives them.
class Shared {
 public:
  Shared(std::shared_ptr<const Serving> serving, RequestIds request_ids, Log& its_log)
      : log(its_log), ids(std::move(request_ids)), serving_(std::move(serving)) {}

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
  virtual ~Connection() = default;
  // Serves until the client, a limit or the server's end.
  virtual boost::asio::awaitable<void> run() = 0;
  // From any thread: wakes the connection when it only waits for a next request.
  virtual void stop_when_idle() = 0;
};

[[nodiscard]] std::shared_ptr<Connection> make_connection(boost::asio::ip::tcp::socket socket, Shared& shared);

}  // namespace credence::service::http
