#include "service/http/server.h"
#include "service/http/forwarded.h"

#include <algorithm>
#include <array>
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
#include "base/text.h"
#include "crypto/random.h"
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
constexpr int kMostAtOnce = 64;                        // connections accepted before others get their turn
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

Result<std::shared_ptr<const Serving>> serving_of(const ServerOptions& options, Router router) {
  auto serving = std::make_shared<Serving>(Serving{.router = std::move(router),
                                                   .limits = options.limits,
                                                   .tls = nullptr,
                                                   .observer = options.observer,
                                                   .trusted_proxies = {}});
  for (const std::string& proxy : options.trusted_proxies) {
    TRY(std::string address, exact_address(proxy));
    serving->trusted_proxies.push_back(std::move(address));
  }
  if (serving->observer == nullptr) serving->observer = no_observer();
  if (options.tls) {
    TRY(asio::ssl::context context, tls_context(*options.tls));
    serving->tls = std::make_shared<asio::ssl::context>(std::move(context));
  }
  return serving;
}

// So that the names of two runs, and of two verifiers of a fleet, differ.
Result<RequestIds> request_ids() {
  std::array<std::uint8_t, 6> prefix{};
  CHECK(crypto::system_random()->fill(prefix));
  return RequestIds(to_hex(prefix));
}

}  // namespace

class Server::Impl {
  using Timer = asio::basic_waitable_timer<Connection::Clock, asio::wait_traits<Connection::Clock>, Executor>;

 public:
  Impl(std::shared_ptr<const Serving> serving, RequestIds ids, const ServerOptions& options, Log& log)
      : options_(options),
        threads_(thread_count(options.threads)),
        shared_(std::move(serving), std::move(ids), threads_, log),
        io_(static_cast<int>(threads_)),
        acceptor_(asio::make_strand(io_)),
        grace_(acceptor_.get_executor()),
        sweep_(acceptor_.get_executor()) {}

  // Sockets go before the io_context that they belong to; those still held by a coroutine go with it.
  // A guard that still runs has a request in its hands.
  ~Impl() {
    shared_.slow_guards.stop();
    shared_.slow_guards.join();
    shared_.turns.clear();
    live_.clear();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> listen() {
    TRY(const asio::ip::address address, parse_address(options_.address));
    const tcp::endpoint endpoint(address, options_.port);
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor_.non_blocking(true, error);
    if (!error) local_ = acceptor_.local_endpoint(error);
    if (error) {
      return fail(Errc::configuration,
                  std::format("cannot listen on {}:{}: {}", options_.address, options_.port, error.message()));
    }
    return {};
  }

  Result<Change> prepare_reload(const ServerOptions& options, Router router) {
    CHECK(check_unchanged(options));
    TRY(auto serving, serving_of(options, std::move(router)));
    return [this, serving = std::move(serving)]() mutable { shared_.exchange(std::move(serving)); };
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
      grace_.expires_after(shared_.serving()->limits.stop_time);
      grace_.async_wait([this](const error_code& error) {
        if (!error) io_.stop();
      });
    });
  }

  [[nodiscard]] const tcp::endpoint& local() const noexcept { return local_; }
  [[nodiscard]] std::shared_ptr<const Router> router() const {
    const auto serving = shared_.serving();
    return {serving, &serving->router};
  }

 private:
  // Memory and descriptors may run out. An exception must not end the loop: the service would look alive and accept
  // nobody.
  Task<void> accept_loop() {
    while (!shared_.stopping) {
      bool accepted = false;
      try {
        accepted = co_await accept_waiting();
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

  // All who wait, and not one between two rounds of work: under load a thread works for milliseconds before it looks
  // again, and the last of a hundred new clients would wait for a hundred of those rounds.
  Task<bool> accept_waiting() {
    // Each connection has a strand: its coroutine and its timeouts never run on two threads at once.
    auto [error, socket] = co_await acceptor_.async_accept(asio::make_strand(io_), kResume);
    for (int accepted = 1; !error && !shared_.stopping; ++accepted) {
      admit(std::move(socket));
      if (accepted == kMostAtOnce) co_return true;
      socket = acceptor_.accept(asio::make_strand(io_), error);
    }
    if (!error || error == asio::error::would_block || shared_.stopping) co_return true;
    warn("accept failed: ", error.message());
    co_return false;
  }

  // When the server stops, stop_time bounds all that goes on. An exception must not end this loop either: nobody else
  // closes those who are late.
  Task<void> sweep_loop() {
    while (!shared_.stopping) {
      try {
        sweep_.expires_after(sweep_period(shared_.serving()->limits));
        co_await sweep_.async_wait(kResume);
      } catch (const std::exception&) {  // not even memory to wait
        std::this_thread::sleep_for(kAcceptPause);
      }
      close_late();
    }
  }

  void close_late() {
    const auto now = Connection::Clock::now();
    const std::lock_guard lock(mutex_);
    for (const auto& connection : live_) {
      try {
        connection->close_when_late(now);
      } catch (const std::exception&) {  // that one is looked at again, and those behind it now
        continue;
      }
    }
  }

  void admit(Socket socket) {
    const auto serving = shared_.serving();
    const std::lock_guard lock(mutex_);
    error_code ignored;
    if (live_.size() >= serving->limits.connections) {
      serving->observer->connection_refused();
      if (serving->tls == nullptr) refuse(socket);
      shared_.log.write(LogLevel::warning, "connection refused: too many are open");
      return;  // closes the socket
    }
    socket.set_option(tcp::no_delay(true), ignored);
    const Executor executor = socket.get_executor();
    auto connection = make_connection(std::move(socket), shared_);
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
    serving->observer->connection_opened();
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
    shared_.serving()->observer->connection_closed();
    const std::lock_guard lock(mutex_);
    live_.erase(connection);
    if (shared_.stopping && live_.empty()) asio::post(acceptor_.get_executor(), [this] { grace_.cancel(); });
  }

  // Sockets and threads that exist already.
  [[nodiscard]] Result<void> check_unchanged(const ServerOptions& options) const {
    const auto refuse = [](std::string_view what) {
      return fail(Errc::configuration, std::format("{} cannot change while the service runs: restart it", what));
    };
    if (options.address != options_.address || options.port != options_.port) return refuse("the listener");
    if (options.tls.has_value() != options_.tls.has_value()) return refuse("whether the listener speaks TLS");
    if (options.threads != options_.threads) return refuse("the number of threads");
    return {};
  }

  const ServerOptions options_;
  const unsigned threads_;
  Shared shared_;
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
  TRY(auto serving, serving_of(options, std::move(router)));
  TRY(RequestIds ids, request_ids());
  auto impl = std::make_unique<Impl>(std::move(serving), std::move(ids), options, log);
  CHECK(impl->listen());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const noexcept { return impl_->local().port(); }
bool Server::is_loopback() const noexcept { return impl_->local().address().is_loopback(); }
Result<void> Server::reload(const ServerOptions& options, Router router) {
  TRY(Change change, prepare_reload(options, std::move(router)));
  change();
  return {};
}
Result<Server::Change> Server::prepare_reload(const ServerOptions& options, Router router) {
  return impl_->prepare_reload(options, std::move(router));
}
std::shared_ptr<const Router> Server::router() const { return impl_->router(); }
void Server::run() { impl_->run(); }
void Server::stop() { impl_->stop(); }

Result<bool> is_loopback_address(const std::string& address) {
  TRY(const asio::ip::address parsed, parse_address(address));
  return parsed.is_loopback();
}

Result<void> check_tls_files(const TlsFiles& files) {
  CHECK(tls_context(files));
  return {};
}

}  // namespace credence::service::http
