#include "service/http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <chrono>
#include <exception>
#include <expected>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "service/http/forwarded.h"
#include "service/http/peer_names.h"
#include "service/http/problem.h"
#include "service/http/response_text.h"
#include "service/http/stream.h"

namespace credence::service::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;
using Parser = beast::http::request_parser<beast::http::vector_body<std::uint8_t>>;

// How much of a refused body is read and thrown away: a socket closed with unread octets is reset, and the client
// would lose the answer.
constexpr std::size_t kDrainLimit = 4 << 20;
constexpr std::chrono::seconds kDrainTime{2};
constexpr unsigned kMostSlow = 32;            // credentials that wait to be looked at
constexpr std::size_t kUsualRequest = 2'048;  // octets without a body, first reserved for a connection
constexpr std::size_t kSmallBody = 64 << 10;  // under TLS copied behind its header: else they were two records

Method method_of(beast::http::verb verb) noexcept {
  switch (verb) {
    case beast::http::verb::get:
      return Method::get;
    case beast::http::verb::head:
      return Method::head;
    case beast::http::verb::post:
      return Method::post;
    case beast::http::verb::delete_:
      return Method::remove;
    default:
      return Method::other;
  }
}

Result<Request> request_of(const Parser::value_type& message) {
  Request request;
  request.method = method_of(message.method());
  TRY(request.target, parse_target(message.target()));
  request.headers.reserve(static_cast<std::size_t>(std::distance(message.begin(), message.end())));
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  // RFC 9112 section 3.2: exactly one Host. Without it, a proxy in front and this server may disagree about the target.
  TRY(const auto host, request.header("Host"));
  if (!host && message.version() == 11) return fail(Errc::malformed, "an HTTP/1.1 request needs a Host header");
  return request;
}

// Empty when the client is gone already.
std::string client_of(const Socket& socket) {
  error_code gone;
  const asio::ip::address address = socket.remote_endpoint(gone).address();
  return gone ? std::string() : client_address(address.to_string()).value_or("");
}

std::string address_of(const Socket& socket) {
  error_code gone;
  const asio::ip::address address = socket.remote_endpoint(gone).address();
  return gone ? std::string() : exact_address(address.to_string()).value_or("");
}

bool is_local(const Socket& socket) {
  error_code gone;
  const asio::ip::address address = socket.remote_endpoint(gone).address();
  if (gone) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

// What to answer to octets that are no HTTP request, or nothing when the client just went away.
std::optional<Response> refusal_of(const error_code& error) {
  namespace http = beast::http;
  if (error == http::error::header_limit) return problem(kHeaderFieldsTooLarge, "the request header is too large");
  if (error == http::error::body_limit) return problem(kContentTooLarge, "the body is larger than allowed");
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  const bool is_http = error.category() == make_error_code(http::error::bad_method).category();
  if (!is_http) return std::nullopt;
  return problem(kBadRequest, "not an HTTP/1.1 request: " + error.message());
}

// A request under way: how its answer ends it, and what the log and the observer say of it.
struct Exchange {
  std::shared_ptr<const Serving> serving;
  std::string id{};
  std::chrono::steady_clock::time_point began{};
  Method method = Method::other;
  const Route* route = nullptr;
  unsigned version = 11;
  bool keep_alive = false;

  [[nodiscard]] ResponseLine line(const Response& response) const {
    if (response.stream != nullptr)
      return {.version = version,
              .keep_alive = keep_alive && version == 11,
              .framing = version == 11 ? Framing::chunked : Framing::until_close};
    return {.version = version,
            .keep_alive = keep_alive,
            .framing = response.status == kNoContent ? Framing::none : Framing::length};
  }
};

// One of those that wait.
class Place {
 public:
  explicit Place(std::atomic<unsigned>& waiting) noexcept : waiting_(waiting), number_(++waiting) {}
  ~Place() { --waiting_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] unsigned number() const noexcept { return number_; }

 private:
  std::atomic<unsigned>& waiting_;
  const unsigned number_;
};

// What wakes a connection that waits for its stream; outlives the wait, since the news may come later.
struct Waker {
  explicit Waker(const Executor& executor) : timer(executor) {}
  asio::basic_waitable_timer<Connection::Clock, asio::wait_traits<Connection::Clock>, Executor> timer;
  bool woken = false;
};

template <typename Stream>
class StreamConnection final : public Connection {
 public:
  StreamConnection(Stream stream, Shared& shared, const ServerLimits& limits)
      : stream_(std::move(stream)),
        shared_(shared),
        client_(client_of(socket())),
        local_(is_local(socket())),
        buffer_(limits.header + 1024) {
    error_code ignored;  // a client that is gone: the first read says so
    socket().non_blocking(true, ignored);
  }

  Task<void> run() override {
    const bool ready = co_await handshake();
    if (!ready) co_return;
    for (std::size_t served = 0; !shared_.stopping; ++served) {
      auto serving = shared_.serving();
      if (served >= serving->limits.requests) break;
      const bool keep_alive = co_await serve_one(std::move(serving));
      if (!keep_alive) break;
    }
    co_await close();
  }

  void stop_when_idle() override {
    asio::post(socket().get_executor(), [self = weak_from_this(), this] {
      const auto alive = self.lock();
      if (!alive) return;
      if (waiting_ != nullptr) waiting_->timer.cancel();  // who waits for news gets the answer that there are none
      if (idle_) cut();
    });
  }

  void close_when_late(Clock::time_point now) override {
    if (now < deadline_.load()) return;
    asio::post(socket().get_executor(), [self = weak_from_this(), this, now] {
      const auto alive = self.lock();
      if (alive && now >= deadline_.load()) cut();  // it may have made a step in the meantime
    });
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, Socket>;

  Socket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void allow(std::chrono::milliseconds time) { deadline_.store(Clock::now() + time); }

  // Whatever waits for the socket goes on, with an error.
  void cut() {
    error_code ignored;
    socket().close(ignored);
  }

  Task<bool> handshake() {
    if constexpr (kTls) {
      const auto serving = shared_.serving();
      allow(serving->limits.header_time);
      const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kResume);
      if (error) {
        serving->observer->handshake_failed();
        shared_.log.write(LogLevel::debug, "TLS handshake failed: " + error.message());
      }
      if (!error) certificate_ = peer_certificate(stream_.native_handle());
      co_return !error;
    }
    co_return true;
  }

  // Reads one request and answers it; false when the connection ends with that.
  Task<bool> serve_one(std::shared_ptr<const Serving> serving) {
    Exchange exchange{.serving = std::move(serving)};
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(exchange.serving->limits.header));
    parser.body_limit(boost::none);  // known once the route is: see admit()
    parser.eager(false);
    idle_ = true;
    allow(exchange.serving->limits.header_time);
    const error_code error = co_await read(parser, [&parser] { return parser.is_header_done(); });
    idle_ = false;
    exchange.serving = shared_.serving();  // it may have waited for long
    exchange.began = Clock::now();
    if (error) co_return co_await refuse_octets(exchange, error);
    auto request = begin(exchange, parser);
    if (!request) co_return co_await write_last(std::move(request).error(), exchange);
    if (auto refusal = co_await admit(exchange, *request, parser)) {
      if (parser.is_done()) co_return co_await write(*std::move(refusal), exchange);
      co_return co_await write_last(*std::move(refusal), exchange);
    }
    error_code failed;
    if (!parser.is_done()) failed = co_await read_body(exchange.serving->limits, parser);
    if (failed) co_return co_await refuse_octets(exchange, failed);
    request->body = std::move(parser.get().body());
    if (is_work(*request)) co_return co_await work(exchange, *request);
    co_return co_await write(answer(exchange, *request), exchange);
  }

  // Answers in its turn, or at once that too many wait.
  Task<bool> work(Exchange& exchange, Request& request) {
    if (!shared_.turns.admits()) {
      const auto busy = [] { return problem(kServiceUnavailable, "too busy: try again"); };
      co_return co_await write(refused(exchange, busy), exchange);
    }
    deadline_.store(Clock::time_point::max());  // it waits for us
    co_await shared_.turns.async_wait(socket().get_executor().get_inner_executor(), asio::use_awaitable_t<Executor>());
    Response response = answer_in_turn(exchange, request);
    // Behind the turns that this thread takes now: each write may wake a client, which costs as much as a good part of
    // the next appraisal, but the second one finds the processor of its client awake.
    co_await asio::post(socket().get_executor(), kResume);
    co_return co_await write(std::move(response), exchange);
  }

  // A proxy's own requests, its health checks, say nothing and stay the proxy's.
  static void name_client(Request& request) {
    auto client = forwarded_client(request);
    if (!client) return;
    request.client = *std::move(client);
    request.local = false;
  }

  // The request of a header, or what is answered to one that is none.
  std::expected<Request, Response> begin(Exchange& exchange, const Parser& parser) {
    exchange.version = parser.get().version();
    exchange.keep_alive = parser.get().keep_alive() && !shared_.stopping;
    auto request = request_of(parser.get());
    exchange.id = request ? shared_.ids.id_of(*request) : shared_.ids.make();
    if (!request) return std::unexpected(refused(exchange, [&] { return problem(request.error()); }));
    exchange.method = request->method;
    request->client = client_;
    request->local = local_;
    const auto& proxies = exchange.serving->trusted_proxies;
    if (!proxies.empty() && std::ranges::contains(proxies, address_of(socket()))) name_client(*request);
    request->certificate_names = certificate_.names;
    request->certificate_end = certificate_.end;
    return *std::move(request);
  }

  // What looks something up is answered at once, however many wait: health, discovery, results.
  static bool is_work(const Request& request) noexcept { return request.method == Method::post; }

  // For a body that was announced, and the header of the next request with it: whoever sends one body sends another,
  // which then comes in one piece.
  std::size_t room_for(const Parser& parser) const {
    const std::uint64_t body = parser.is_header_done() ? parser.content_length().value_or(0) : 0;
    const std::size_t left = buffer_.max_size() - buffer_.size();
    const std::size_t wanted = kUsualRequest + static_cast<std::size_t>(std::min<std::uint64_t>(body, left));
    return std::min(left, std::max(wanted, buffer_.capacity() - buffer_.size()));
  }

  // Feeds the parser until `enough`. What comes behind stays in the buffer: the next request.
  template <typename Enough>
  Task<error_code> read(Parser& parser, Enough enough) {
    while (true) {
      if (buffer_.size() > 0) {
        error_code error;
        buffer_.consume(parser.put(buffer_.data(), error));
        if (error && error != beast::http::error::need_more) co_return error;
        if (enough()) co_return error_code{};
        if (!error) continue;
        if (buffer_.size() == buffer_.max_size()) co_return beast::http::error::buffer_overflow;
      }
      const auto [error, octets] = co_await stream_.async_read_some(buffer_.prepare(room_for(parser)), kResume);
      buffer_.commit(octets);
      if (!error) continue;
      error_code ended = parser.got_some() ? beast::http::error::partial_message : beast::http::error::end_of_stream;
      co_return error == asio::error::eof ? ended : error;
    }
  }

  // Route, guard and size, before a single octet of the body is read: who may not submit cannot make the server
  // collect megabytes first. A refusal says which request it is about: each step has a RequestScope, which is the
  // thread's, so never across a co_await.
  Task<std::optional<Response>> admit(Exchange& exchange, Request& request, Parser& parser) {
    auto refusal = refusal_of_route(exchange, request);
    if (!refusal && is_slow(exchange, request)) {
      refusal = co_await ask_slow_guard(exchange, request);
    } else if (!refusal) {
      refusal = ask_guard(exchange, request);
    }
    if (!refusal) refusal = refusal_of_body(exchange, request, parser);
    const RequestScope scope(exchange.id);
    if (refusal) conclude(exchange, *refusal);
    co_return refusal;
  }

  static std::optional<Response> refusal_of_route(Exchange& exchange, Request& request) {
    const RequestScope scope(exchange.id);
    const auto found = exchange.serving->router.find(request);
    if (const auto* refusal = std::get_if<Router::MethodNotAllowed>(&found))
      return method_not_allowed_response(*refusal);
    if (std::holds_alternative<Router::NotFound>(found)) return not_found_response();
    exchange.route = std::get<const Route*>(found);
    return std::nullopt;
  }

  static std::optional<Response> refusal_of_body(const Exchange& exchange, const Request& request, Parser& parser) {
    const RequestScope scope(exchange.id);
    if (has_coded_body(request)) return coded_body_response();
    if (parser.content_length().value_or(0) > exchange.route->body_limit)
      return problem(kContentTooLarge, "the body is larger than allowed");
    parser.body_limit(exchange.route->body_limit);  // what a chunked body may grow to
    return std::nullopt;
  }

  static bool is_slow(const Exchange& exchange, const Request& request) {
    const Route& route = *exchange.route;
    return route.guard && route.is_slow && route.is_slow(request);
  }

  static std::optional<Response> ask_guard(const Exchange& exchange, Request& request) {
    const RequestScope scope(exchange.id);
    return exchange.route->guard ? exchange.route->guard(request) : std::nullopt;
  }

  // A password to be hashed or keys to be fetched hold up those who have one, and nobody else.
  Task<std::optional<Response>> ask_slow_guard(const Exchange& exchange, Request& request) {
    const Place place(shared_.slow_waiting);
    if (place.number() > kMostSlow) co_return too_many_slow(exchange);
    deadline_.store(Clock::time_point::max());  // it waits for us
    const auto later = [](const Exchange& asking, Request& asked) -> asio::awaitable<std::optional<Response>> {
      co_return ask_guard(asking, asked);
    };
    co_return co_await asio::co_spawn(shared_.slow_guards, later(exchange, request), asio::use_awaitable_t<Executor>());
  }

  static Response too_many_slow(const Exchange& exchange) {
    const RequestScope scope(exchange.id);
    return problem(kServiceUnavailable, "too many credentials wait to be looked at");
  }

  Task<error_code> read_body(const ServerLimits& limits, Parser& parser) {
    allow(limits.body_time);
    if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [error, octets] = co_await asio::async_write(stream_, asio::buffer(kContinue), kResume);
      if (error) co_return error;
    }
    parser.eager(true);
    co_return co_await read(parser, [&parser] { return parser.is_done(); });
  }

  Response answer_in_turn(Exchange& exchange, Request& request) {
    const Turn turn(shared_.turns);
    return answer(exchange, request);
  }

  Response answer(Exchange& exchange, Request& request) {
    const RequestScope scope(exchange.id);
    Response response;
    try {
      response = exchange.route->handler(request);
    } catch (const std::exception& exception) {
      // Only bugs and exhausted memory arrive here; they end this request, not the service.
      shared_.log.write(LogLevel::error, std::string("request failed: ") + exception.what());
      response = problem(kInternalServerError, "the service failed; its log says why");
    }
    conclude(exchange, response);
    return response;
  }

  // An answer that no handler made. It is made within the scope too: problem() names the request.
  template <typename Make>
  Response refused(const Exchange& exchange, Make make) {
    const RequestScope scope(exchange.id);
    Response refusal = make();
    conclude(exchange, refusal);
    return refusal;
  }

  // Each answer passes here once, within its RequestScope.
  void conclude(const Exchange& exchange, Response& response) {
    const std::chrono::nanoseconds time = std::chrono::steady_clock::now() - exchange.began;
    response.headers.emplace_back(kRequestIdHeader, exchange.id);
    exchange.serving->observer->served(
        {.method = exchange.method, .route = exchange.route, .status = response.status, .time = time});
    if (!shared_.log.wants(LogLevel::debug)) return;
    // The pattern and not the path: a session's id is a capability, and no log's business.
    const std::array<LogField, 5> fields{
        {{"method", name(exchange.method)},
         {"route", exchange.route != nullptr ? std::string_view(exchange.route->pattern) : "none"},
         {"status", static_cast<std::int64_t>(response.status)},
         {"microseconds", std::chrono::duration_cast<std::chrono::microseconds>(time).count()},
         {"client", client_}}};
    shared_.log.write_fields(LogLevel::debug, "request", fields);
  }

  Task<bool> write(Response response, const Exchange& exchange) {
    const bool head = exchange.method == Method::head;
    const ResponseLine line = exchange.line(response);
    std::string header = header_text(response, line, system_clock()->now());
    if (head) response.body.clear();
    if (line.framing == Framing::chunked && !response.body.empty()) response.body = chunk_text(response.body);
    if (kTls && response.body.size() <= kSmallBody) header += std::exchange(response.body, {});
    const bool sent = co_await send(header, response.body);
    if (!sent) co_return false;
    if (head) co_return line.keep_alive;
    if (response.stream != nullptr) {
      const bool ended = co_await write_stream(std::move(response.stream), line.framing);
      if (!ended) co_return false;
    }
    co_return line.keep_alive;
  }

  // Both at once, without a copy. Mostly the socket takes all of it; then there is nothing to wait for.
  Task<bool> send(std::string_view first, std::string_view second = {}) {
    if constexpr (!kTls) {
      error_code error;
      const std::size_t taken = stream_.write_some(std::array{asio::buffer(first), asio::buffer(second)}, error);
      if (error && error != asio::error::would_block) co_return false;
      if (taken == first.size() + second.size()) co_return true;
      const std::size_t of_first = std::min(taken, first.size());
      first.remove_prefix(of_first);
      second.remove_prefix(taken - of_first);
    }
    allow(shared_.serving()->limits.write_time);
    const std::array rest{asio::buffer(first), asio::buffer(second)};
    const auto [error, sent] = co_await asio::async_write(stream_, rest, kResume);
    co_return !error;
  }

  // However the coroutine ends: what wakes it belongs to this server.
  struct Unsubscribe {
    ResponseStream& stream;
    ~Unsubscribe() { stream.on_news({}); }
  };

  Task<bool> write_stream(std::shared_ptr<ResponseStream> stream, Framing framing) {
    const auto waker = std::make_shared<Waker>(socket().get_executor());
    stream->on_news([waker] {
      asio::post(waker->timer.get_executor(), [waker] {
        waker->woken = true;
        waker->timer.cancel();
      });
    });
    const Unsubscribe unsubscribe{*stream};
    while (!shared_.stopping) {
      ResponseStream::Part part = stream->next();
      if (part.octets.empty() && !part.last) {
        const bool quiet = co_await wait_for_news(*waker, stream->quiet_time());
        if (!quiet) continue;
        part = stream->when_quiet();
      }
      if (part.failed) co_return false;
      if (!part.octets.empty()) {
        const std::string octets = framing == Framing::chunked ? chunk_text(part.octets) : std::move(part.octets);
        const bool sent = co_await send(octets);
        if (!sent) co_return false;  // gone, or too slow
      }
      // Not in one condition: GCC 14 awaits the right side of || in a co_return whatever the left one says.
      if (part.last && framing != Framing::chunked) co_return true;
      if (part.last) co_return co_await send(kLastChunk);
    }
    co_return false;
  }

  // True when it stayed quiet.
  Task<bool> wait_for_news(Waker& waker, std::chrono::milliseconds quiet_time) {
    if (std::exchange(waker.woken, false)) co_return false;
    deadline_.store(Clock::time_point::max());  // the client does nothing wrong
    waker.timer.expires_after(quiet_time);
    waiting_ = &waker;
    co_await waker.timer.async_wait(kResume);
    waiting_ = nullptr;
    co_return !std::exchange(waker.woken, false);
  }

  // Always false, as write_last().
  Task<bool> refuse_octets(Exchange& exchange, error_code error) {
    if (exchange.id.empty()) exchange.id = shared_.ids.make();
    if (auto refusal = refusal_of_octets(exchange, error)) co_await write_last(*std::move(refusal), exchange);
    co_return false;
  }

  std::optional<Response> refusal_of_octets(const Exchange& exchange, error_code error) {
    const RequestScope scope(exchange.id);  // problem() names the request too
    auto refusal = refusal_of(error);
    if (refusal) conclude(exchange, *refusal);
    return refusal;
  }

  // Answers a request whose body was not read; the rest of it is drained so that the answer arrives. Always false: the
  // connection ends with it.
  Task<bool> write_last(Response response, Exchange& exchange) {
    exchange.keep_alive = false;
    co_await write(std::move(response), exchange);
    std::array<std::uint8_t, 4096> discarded;
    allow(kDrainTime);
    for (std::size_t drained = 0; drained < kDrainLimit;) {
      const auto [error, octets] = co_await stream_.async_read_some(asio::buffer(discarded), kResume);
      if (error) break;
      drained += octets;
    }
    co_return false;
  }

  Task<void> close() {
    if constexpr (kTls) {
      allow(kDrainTime);
      co_await stream_.async_shutdown(kResume);  // a client that is gone makes this fail: fine
    }
    error_code ignored;
    socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  }

  Stream stream_;
  Shared& shared_;
  const std::string client_;
  const bool local_;
  PeerCertificate certificate_;
  beast::flat_buffer buffer_;
  std::atomic<Clock::time_point> deadline_{Clock::time_point::max()};  // of the current step
  // Touched on the connection's strand only.
  bool idle_ = false;
  Waker* waiting_ = nullptr;
};

}  // namespace

std::shared_ptr<Connection> make_connection(Socket socket, Shared& shared) {
  const auto serving = shared.serving();
  if (serving->tls == nullptr)
    return std::make_shared<StreamConnection<Socket>>(std::move(socket), shared, serving->limits);
  return std::make_shared<StreamConnection<TlsStream>>(TlsStream(std::move(socket), *serving->tls), shared,
                                                       serving->limits);
}

}  // namespace credence::service::http
