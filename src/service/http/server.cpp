#include "service/http/server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <format>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "service/http/connection.h"
#include "service/http/problem.h"
#include "service/http/response_text.h"
#include "service/http/tls.h"

namespace credence::service::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{50};  // after running out of descriptors
constexpr std::chrono::milliseconds kMostSweep{1'000}, kLeastSweep{10};

// How often it is looked for connections that are late: often enough that a limit is kept by a quarter.
std::chrono::milliseconds sweep_period(const ServerLimits& limits) {
  return std::clamp(std::min({limits.header_time, limits.body_time, limits.write_time}) / 4, kLeastSweep, kMostSweep);
}

unsigned thread_count(unsigned wanted) {
  return wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

Result<asio::ip::address> parse_address(const std::string& text) {
  error_code error;
  auto address = asio::ip::make_address(text, error);
  if (error) return fail(Errc::usage, std::format("expected an IP address to listen on, got \"{}\"", text));
  return address;
}

}  // namespace

class Server::Impl {
  using Timer = asio::basic_waitable_timer<Connection::Clock, asio::wait_traits<Connection::Clock>, Executor>;

 public:
  Impl(Router router, ServerOptions options, Log& log)
      : threads_(thread_count(options.threads)),
        shared_{.router = std::move(router),
                .limits = options.limits,
                .log = log,
                .turns = Turns(options.limits.admission, threads_),
                .stopping = false},
        io_(static_cast<int>(threads_)),
        acceptor_(asio::make_strand(io_)),
        grace_(acceptor_.get_executor()),
        sweep_(acceptor_.get_executor()) {}

  // Sockets go before the io_context that they belong to; those still held by a coroutine go with it.
  ~Impl() {
    shared_.turns.clear();
    live_.clear();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> listen(const ServerOptions& options) {
    if (options.tls) {
      TRY(tls_, tls_context(*options.tls));
    }
    TRY(const asio::ip::address address, parse_address(options.address));
    const tcp::endpoint endpoint(address, options.port);
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) local_ = acceptor_.local_endpoint(error);
    if (error) {
      return fail(Errc::configuration,
                  std::format("cannot listen on {}:{}: {}", options.address, options.port, error.message()));
    }
    return {};
  }

  void run() {
    asio::co_spawn(acceptor_.get_executor(), accept_loop(), [this](const std::exception_ptr& exception) {
      if (exception) warn("no connections are accepted any more: ", "the loop ended with an exception");
    });
    asio::co_spawn(acceptor_.get_executor(), sweep_loop(), asio::detached);
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads_; ++i) others.emplace_back([this] { io_.run(); });
    io_.run();
  }

  void stop() {
    shared_.stopping = true;
    asio::post(acceptor_.get_executor(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
      sweep_.cancel();
      const std::lock_guard lock(mutex_);
      if (live_.empty()) return;
      for (const auto& connection : live_) connection->stop_when_idle();
      grace_.expires_after(shared_.limits.stop_time);
      grace_.async_wait([this](const error_code& error) {
        if (!error) io_.stop();
      });
    });
  }

  [[nodiscard]] const tcp::endpoint& local() const noexcept { return local_; }

 private:
  // Memory and descriptors may run out. An exception must not end the loop: the service would look alive and accept
  // nobody.
  Task<void> accept_loop() {
    while (!shared_.stopping) {
      bool accepted = false;
      try {
        accepted = co_await accept_one();
      } catch (const std::exception& exception) {
        warn("accept failed: ", exception.what());
      }
      if (accepted || shared_.stopping) continue;
      try {
        Timer pause(acceptor_.get_executor(), kAcceptPause);
        co_await pause.async_wait(kResume);
      } catch (const std::exception&) {  // not even memory for a timer
        std::this_thread::sleep_for(kAcceptPause);
      }
    }
  }

  Task<bool> accept_one() {
    // Each connection has a strand: its coroutine and its timeouts never run on two threads at once.
    auto [error, socket] = co_await acceptor_.async_accept(asio::make_strand(io_), kResume);
    if (shared_.stopping) co_return true;
    if (error) {
      warn("accept failed: ", error.message());
      co_return false;
    }
    admit(std::move(socket));
    co_return true;
  }

  // When the server stops, stop_time bounds all that goes on.
  Task<void> sweep_loop() {
    const std::chrono::milliseconds period = sweep_period(shared_.limits);
    while (!shared_.stopping) {
      sweep_.expires_after(period);
      co_await sweep_.async_wait(kResume);
      const auto now = Connection::Clock::now();
      const std::lock_guard lock(mutex_);
      for (const auto& connection : live_) connection->close_when_late(now);
    }
  }

  void admit(Socket socket) {
    const std::lock_guard lock(mutex_);
    error_code ignored;
    if (live_.size() >= shared_.limits.connections) {
      if (!tls_) refuse(socket);
      shared_.log.write(LogLevel::warning, "connection refused: too many are open");
      return;  // closes the socket
    }
    socket.set_option(tcp::no_delay(true), ignored);
    const Executor executor = socket.get_executor();
    auto connection = tls_ ? make_connection(TlsStream(std::move(socket), *tls_), shared_)
                           : make_connection(std::move(socket), shared_);
    live_.insert(connection);
    try {
      asio::co_spawn(executor, connection->run(), [this, connection](const std::exception_ptr& exception) {
        if (exception) warn("a connection ended with an exception", {});
        forget(connection);
      });
    } catch (...) {
      live_.erase(connection);  // nothing serves it: it must not count as one of the few
      throw;
    }
  }

  // Without reading what the client wants, and without waiting for it to take the answer.
  static void refuse(Socket& socket) {
    error_code ignored;
    const Response response = problem(kServiceUnavailable, "too many connections are open: try again");
    const std::string text = header_text(response, {.keep_alive = false}, system_clock()->now()) + response.body;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(Socket::shutdown_send, ignored);
  }

  void warn(std::string_view what, std::string_view why) noexcept {
    try {
      shared_.log.write(LogLevel::error, std::string(what).append(why));
    } catch (...) {  // a log that fails must not end what it is about
      return;
    }
  }

  void forget(const std::shared_ptr<Connection>& connection) {
    const std::lock_guard lock(mutex_);
    live_.erase(connection);
    if (shared_.stopping && live_.empty()) asio::post(acceptor_.get_executor(), [this] { grace_.cancel(); });
  }

  const unsigned threads_;
  Shared shared_;
  std::optional<asio::ssl::context> tls_;
  tcp::endpoint local_;
  std::mutex mutex_;
  std::unordered_set<std::shared_ptr<Connection>> live_;
  asio::io_context io_;  // after what coroutines use: those that stop() cut off are destroyed with it
  asio::basic_socket_acceptor<tcp, Executor> acceptor_;
  Timer grace_;
  Timer sweep_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Router router, Log& log) {
  auto impl = std::make_unique<Impl>(std::move(router), options, log);
  CHECK(impl->listen(options));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const noexcept { return impl_->local().port(); }
bool Server::is_loopback() const noexcept { return impl_->local().address().is_loopback(); }
void Server::run() { impl_->run(); }
void Server::stop() { impl_->stop(); }

Result<bool> is_loopback_address(const std::string& address) {
  TRY(const asio::ip::address parsed, parse_address(address));
  return parsed.is_loopback();
}

}  // namespace credence::service::http
