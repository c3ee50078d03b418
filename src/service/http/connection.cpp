#include "service/http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <exception>
#include <format>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.h"
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
constexpr std::size_t kUsualRequest = 2'048;  // octets, first reserved for a connection
constexpr std::size_t kSmallBody = 64 << 10;  // copied behind its header, to go out with it

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
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  // RFC 9112 section 3.2: exactly one Host. Without it, a proxy in front and this server may disagree about the target.
  TRY(const auto host, request.header("Host"));
  if (!host && message.version() == 11) return fail(Errc::malformed, "an HTTP/1.1 request needs a Host header");
  return request;
}

// Of IPv6 the network: within it a client takes as many addresses as it likes. Empty when the client is gone already.
std::string client_of(const Socket& socket) {
  error_code gone;
  const asio::ip::address address = socket.remote_endpoint(gone).address();
  if (gone) return {};
  if (address.is_v4()) return address.to_string();
  const asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  auto octets = v6.to_bytes();
  std::fill(octets.begin() + 8, octets.end(), 0);
  return asio::ip::address_v6(octets).to_string();
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

// How a response ends the exchange that it answers.
struct Exchange {
  unsigned version = 11;
  bool keep_alive = true;
  bool head = false;  // the request was HEAD: no body

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

template <typename Stream>
class StreamConnection final : public Connection {
 public:
  StreamConnection(Stream stream, Shared& shared)
      : stream_(std::move(stream)),
        shared_(shared),
        client_(client_of(socket())),
        buffer_(shared.limits.header + 1024) {
    error_code ignored;  // a client that is gone: the first read says so
    socket().non_blocking(true, ignored);
  }

  Task<void> run() override {
    const bool ready = co_await handshake();
    if (!ready) co_return;
    for (std::size_t served = 0; served < shared_.limits.requests && !shared_.stopping; ++served) {
      const bool keep_alive = co_await serve_one();
      if (!keep_alive) break;
    }
    co_await close();
  }

  void stop_when_idle() override {
    asio::post(socket().get_executor(), [self = weak_from_this(), this] {
      const auto alive = self.lock();
      if (alive && idle_) cut();
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
      allow(shared_.limits.header_time);
      const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kResume);
      if (error) shared_.log.write(LogLevel::debug, "TLS handshake failed: " + error.message());
      co_return !error;
    }
    co_return true;
  }

  // Reads one request and answers it; false when the connection ends with that.
  Task<bool> serve_one() {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(shared_.limits.header));
    parser.body_limit(boost::none);  // known once the route is: see admit()
    parser.eager(false);
    idle_ = true;
    allow(shared_.limits.header_time);
    const error_code error = co_await read(parser, [&parser] { return parser.is_header_done(); });
    idle_ = false;
    if (error) co_return co_await refuse_octets(error, 11);
    Exchange exchange{.version = parser.get().version(),
                      .keep_alive = parser.get().keep_alive() && !shared_.stopping,
                      .head = parser.get().method() == beast::http::verb::head};
    auto request = request_of(parser.get());
    if (!request) co_return co_await write_last(problem(request.error()), exchange.version);
    request->client = client_;
    const Route* route = nullptr;
    if (auto refusal = admit(*request, parser, route)) {
      if (parser.is_done()) co_return co_await write(*std::move(refusal), exchange);
      co_return co_await write_last(*std::move(refusal), exchange.version);
    }
    if (const error_code failed = co_await read_body(parser))
      co_return co_await refuse_octets(failed, exchange.version);
    request->body = std::move(parser.get().body());
    if (!is_work(*request)) co_return co_await write(answer(*route, *request), exchange);
    if (!shared_.turns.admits())
      co_return co_await write(problem(kServiceUnavailable, "too busy: try again"), exchange);
    deadline_.store(Clock::time_point::max());  // it waits for us
    co_await shared_.turns.async_wait(asio::use_awaitable_t<Executor>());
    const Clock::time_point begin = Clock::now();
    Response response = answer(*route, *request);
    shared_.turns.end(Clock::now() - begin);
    co_return co_await write(std::move(response), exchange);
  }

  // What looks something up is answered at once, however many wait: health, discovery, results.
  static bool is_work(const Request& request) noexcept { return request.method == Method::post; }

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
      const std::size_t room =
          std::min(buffer_.max_size() - buffer_.size(), std::max(kUsualRequest, buffer_.capacity() - buffer_.size()));
      const auto [error, octets] = co_await stream_.async_read_some(buffer_.prepare(room), kResume);
      buffer_.commit(octets);
      if (!error) continue;
      error_code ended = parser.got_some() ? beast::http::error::partial_message : beast::http::error::end_of_stream;
      co_return error == asio::error::eof ? ended : error;
    }
  }

  // Route, guard and size, before a single octet of the body is read: who may not submit cannot make the server
  // collect megabytes first.
  std::optional<Response> admit(Request& request, Parser& parser, const Route*& route) {
    const auto found = shared_.router.find(request);
    if (const auto* refusal = std::get_if<Router::MethodNotAllowed>(&found))
      return method_not_allowed_response(*refusal);
    if (std::holds_alternative<Router::NotFound>(found)) return not_found_response();
    route = std::get<const Route*>(found);
    if (route->guard) {
      if (auto refusal = route->guard(request)) return refusal;
    }
    if (parser.content_length().value_or(0) > route->body_limit) {
      return problem(kContentTooLarge, "the body is larger than allowed");
    }
    parser.body_limit(route->body_limit);  // what a chunked body may grow to
    return std::nullopt;
  }

  Task<error_code> read_body(Parser& parser) {
    if (parser.is_done()) co_return error_code{};
    allow(shared_.limits.body_time);
    if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [error, octets] = co_await asio::async_write(stream_, asio::buffer(kContinue), kResume);
      if (error) co_return error;
    }
    parser.eager(true);
    co_return co_await read(parser, [&parser] { return parser.is_done(); });
  }

  Response answer(const Route& route, const Request& request) {
    try {
      Response response = route.handler(request);
      // The pattern and not the path: a session's id is a capability, and no log's business.
      if (shared_.log.wants(LogLevel::debug))
        shared_.log.write(LogLevel::debug,
                          std::format("{} {} {}", name(request.method), route.pattern, response.status));
      return response;
    } catch (const std::exception& exception) {
      // Only bugs and exhausted memory arrive here; they end this request, not the service.
      shared_.log.write(LogLevel::error, std::string("request failed: ") + exception.what());
      return problem(kInternalServerError, "the service failed; its log says why");
    }
  }

  Task<bool> write(Response response, Exchange exchange) {
    const ResponseLine line = exchange.line(response);
    std::string text = header_text(response, line, system_clock()->now());
    const bool small = response.body.size() <= kSmallBody;
    if (!exchange.head && small) text += response.body;
    if (!co_await send(text)) co_return false;
    if (exchange.head) co_return line.keep_alive;
    if (!small && !co_await send(response.body)) co_return false;
    if (response.stream != nullptr && !co_await write_stream(std::move(response.stream), line.framing)) co_return false;
    co_return line.keep_alive;
  }

  // Mostly the socket takes it at once; then there is nothing to wait for.
  Task<bool> send(std::string_view octets) {
    if constexpr (!kTls) {
      error_code error;
      octets.remove_prefix(stream_.write_some(asio::buffer(octets), error));
      if (error && error != asio::error::would_block) co_return false;
      if (octets.empty()) co_return true;
    }
    allow(shared_.limits.write_time);
    const auto [error, sent] = co_await asio::async_write(stream_, asio::buffer(octets), kResume);
    co_return !error;
  }

  // What wakes a connection that waits for its stream; outlives the wait, since the news may come later.
  struct Waker {
    explicit Waker(const Executor& executor) : timer(executor) {}
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer;
    bool woken = false;
  };

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
        if (!co_await wait_for_news(*waker, stream->quiet_time())) continue;
        part = stream->when_quiet();
      }
      if (!part.octets.empty() &&
          !co_await send(framing == Framing::chunked ? chunk_text(part.octets) : std::move(part.octets)))
        co_return false;  // gone, or too slow
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
    idle_ = true;
    waker.timer.expires_after(quiet_time);
    co_await waker.timer.async_wait(kResume);
    idle_ = false;
    co_return !std::exchange(waker.woken, false);
  }

  Task<bool> refuse_octets(error_code error, unsigned version) {
    if (auto refusal = refusal_of(error)) co_await write_last(*std::move(refusal), version);
    co_return false;
  }

  // Answers a request whose body was not read; the rest of it is drained so that the answer arrives. Always false: the
  // connection ends with it.
  Task<bool> write_last(Response response, unsigned version) {
    co_await write(std::move(response), {.version = version, .keep_alive = false});
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
  beast::flat_buffer buffer_;
  std::atomic<Clock::time_point> deadline_{Clock::time_point::max()};  // of the current step
  bool idle_ = false;                                                  // touched on the connection's strand only
};

}  // namespace

std::shared_ptr<Connection> make_connection(Socket socket, Shared& shared) {
  return std::make_shared<StreamConnection<Socket>>(std::move(socket), shared);
}

std::shared_ptr<Connection> make_connection(TlsStream stream, Shared& shared) {
  return std::make_shared<StreamConnection<TlsStream>>(std::move(stream), shared);
}

}  // namespace credence::service::http
