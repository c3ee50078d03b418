// One connection: a coroutine that reads requests, one after the other, and answers them.
//
// Only server.cpp includes this header: it brings Beast and Asio.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "service/http/router.h"
#include "service/http/server.h"

namespace credence::service::http {

using TcpStream = boost::beast::tcp_stream;
using TlsStream = boost::asio::ssl::stream<TcpStream>;

// What all connections of a server share; outlives them.
struct Shared {
  Router router;
  ServerLimits limits;
  Log& log;
  std::atomic<bool> stopping = false;
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

[[nodiscard]] std::shared_ptr<Connection> make_connection(TcpStream stream, Shared& shared);
[[nodiscard]] std::shared_ptr<Connection> make_connection(TlsStream stream, Shared& shared);

}  // namespace credence::service::http
