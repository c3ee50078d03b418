#include "service/http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <exception>
#include <expected>
#include <format>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "service/http/date.h"
#include "service/http/peer_names.h"
#include "service/http/problem.h"

namespace credence::service::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;
using Parser = beast::http::request_parser<beast::http::vector_body<std::uint8_t>>;
using WireResponse = beast::http::response<beast::http::string_body>;

constexpr auto kResume = asio::as_tuple(asio::use_awaitable);
// How much of a refused body is read and thrown away: a socket closed with unread octets is reset, and the client
// would lose the answer.
constexpr std::size_t kDrainLimit = 4 << 20;
constexpr std::chrono::seconds kDrainTime{2};
constexpr unsigned kMostSlow = 32;  // credentials that wait to be looked at

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
std::string client_of(const TcpStream& stream) {
  error_code gone;
  const asio::ip::address address = stream.socket().remote_endpoint(gone).address();
  if (gone) return {};
  if (address.is_v4()) return address.to_string();
  const asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  auto octets = v6.to_bytes();
  std::fill(octets.begin() + 8, octets.end(), 0);
  return asio::ip::address_v6(octets).to_string();
}

bool is_local(const TcpStream& stream) {
  error_code gone;
  const asio::ip::address address = stream.socket().remote_endpoint(gone).address();
  if (gone) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

WireResponse wire_response(Response response, unsigned version, bool keep_alive) {
  WireResponse wire;
  wire.version(version);
  wire.result(response.status);
  wire.reason(reason_phrase(response.status));
  wire.set(beast::http::field::date, to_imf_fixdate(system_clock()->now()));
  for (const auto& [key, value] : response.headers) wire.insert(key, value);
  wire.body() = std::move(response.body);
  wire.keep_alive(keep_alive);
  if (response.status != kNoContent) wire.content_length(wire.body().size());
  return wire;
}

// What to answer to octets that are no HTTP request, or nothing when the client just went away.
std::optional<Response> refusal_of(const error_code& error) {
  namespace http = beast::http;
  if (error == http::error::header_limit) return problem(kHeaderFieldsTooLarge, "the request header is too large");
  if (error == http::error::body_limit) return problem(kContentTooLarge, "the body is larger than allowed");
  if (error == beast::error::timeout || error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  const bool is_http = error.category() == make_error_code(http::error::bad_method).category();
  if (!is_http) return std::nullopt;
  return problem(kBadRequest, "not an HTTP/1.1 request: " + error.message());
}

// A request under way: what its answer, the log and the observer say of it.
struct Exchange {
  std::shared_ptr<const Serving> serving;
  std::string id{};
  std::chrono::steady_clock::time_point began{};
  Method method = Method::other;
  const Route* route = nullptr;
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

template <typename Stream>
class StreamConnection final : public Connection {
 public:
  StreamConnection(Stream stream, Shared& shared, const ServerLimits& limits)
      : stream_(std::move(stream)),
        shared_(shared),
        client_(client_of(beast::get_lowest_layer(stream_))),
        local_(is_local(beast::get_lowest_layer(stream_))),
        buffer_(limits.header + 1024) {}

  asio::awaitable<void> run() override {
    const bool ready = co_await handshake();
    if (!ready) co_return;
    for (std::size_t served = 0; served < shared_.serving()->limits.requests && !shared_.stopping; ++served) {
      const bool keep_alive = co_await serve_one();
      if (!keep_alive) break;
    }
    co_await close();
  }

  void stop_when_idle() override {
    asio::post(tcp().get_executor(), [self = weak_from_this(), this] {
      const auto alive = self.lock();
      if (alive && idle_) tcp().cancel();
    });
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, TcpStream>;

  TcpStream& tcp() { return beast::get_lowest_layer(stream_); }

  asio::awaitable<bool> handshake() {
    if constexpr (kTls) {
      const auto serving = shared_.serving();
      tcp().expires_after(serving->limits.header_time);
      const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kResume);
      if (error) {
        serving->observer->handshake_failed();
        shared_.log.write(LogLevel::debug, "TLS handshake failed: " + error.message());
      }
      if (!error) certificate_names_ = peer_names(stream_.native_handle());
      co_return !error;
    }
    co_return true;
  }

  // Reads one request and answers it; false when the connection ends with that.
  asio::awaitable<bool> serve_one() {
    Exchange exchange{.serving = shared_.serving()};
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(exchange.serving->limits.header));
    parser.body_limit(boost::none);  // known once the route is: see admit()
    idle_ = true;
    tcp().expires_after(exchange.serving->limits.header_time);
    const auto [error, octets] = co_await beast::http::async_read_header(stream_, buffer_, parser, kResume);
    idle_ = false;
    exchange.serving = shared_.serving();  // it may have waited for long
    exchange.began = std::chrono::steady_clock::now();
    if (error) {
      if (auto refusal = refused_octets(exchange, error)) co_await write_last(*std::move(refusal), 11);
      co_return false;
    }
    const unsigned version = parser.get().version();
    auto request = begin(exchange, parser);
    if (!request) {
      co_await write_last(std::move(request).error(), version);
      co_return false;
    }
    const bool head = request->method == Method::head;
    const bool keep_alive = parser.get().keep_alive() && !shared_.stopping;
    if (auto refusal = co_await admit(exchange, *request, parser)) {
      if (parser.is_done()) co_return co_await write(*std::move(refusal), version, keep_alive, head);
      co_await write_last(*std::move(refusal), version);
      co_return false;
    }
    if (const auto failed = co_await read_body(exchange.serving->limits, parser)) {
      if (auto refusal = refused_octets(exchange, *failed)) co_await write_last(*std::move(refusal), version);
      co_return false;
    }
    request->body = std::move(parser.get().body());
    co_return co_await write(answer(exchange, *request), version, keep_alive, head);
  }

  std::optional<Response> refused_octets(Exchange& exchange, const error_code& error) {
    if (exchange.id.empty()) exchange.id = shared_.ids.make();
    const RequestScope scope(exchange.id);
    auto refusal = refusal_of(error);
    if (refusal) conclude(exchange, *refusal);
    return refusal;
  }

  // The request of a header, or what is answered to one that is none.
  std::expected<Request, Response> begin(Exchange& exchange, const Parser& parser) {
    auto request = request_of(parser.get());
    exchange.id = request ? shared_.ids.id_of(*request) : shared_.ids.make();
    if (!request) {
      const RequestScope scope(exchange.id);
      Response refusal = problem(request.error());
      conclude(exchange, refusal);
      return std::unexpected(std::move(refusal));
    }
    exchange.method = request->method;
    request->client = client_;
    request->local = local_;
    request->certificate_names = certificate_names_;
    request->id = exchange.id;
    return *std::move(request);
  }

  // Route, guard and size, before a single octet of the body is read: who may not submit cannot make the server
  // collect megabytes first.
  asio::awaitable<std::optional<Response>> admit(Exchange& exchange, Request& request, Parser& parser) {
    auto refusal = co_await refusal_before_body(exchange, request, parser);
    const RequestScope scope(exchange.id);
    if (refusal) conclude(exchange, *refusal);
    co_return refusal;
  }

  asio::awaitable<std::optional<Response>> refusal_before_body(Exchange& exchange, Request& request, Parser& parser) {
    const auto found = exchange.serving->router.find(request);
    if (const auto* refusal = std::get_if<Router::MethodNotAllowed>(&found))
      co_return named(exchange, [&] { return method_not_allowed_response(*refusal); });
    if (std::holds_alternative<Router::NotFound>(found)) co_return named(exchange, not_found_response);
    exchange.route = std::get<const Route*>(found);
    if (exchange.route->guard) {
      if (auto refusal = co_await ask_guard(exchange, request)) co_return refusal;
    }
    if (parser.content_length().value_or(0) > exchange.route->body_limit) {
      co_return named(exchange, [] { return problem(kContentTooLarge, "the body is larger than allowed"); });
    }
    parser.body_limit(exchange.route->body_limit);  // what a chunked body may grow to
    co_return std::nullopt;
  }

  // A refusal that says which request it is about. The scope is the thread's, so never across a co_await.
  template <typename Make>
  static Response named(const Exchange& exchange, const Make& make) {
    const RequestScope scope(exchange.id);
    return make();
  }

  // A password to be hashed or keys to be fetched hold up those who have one, and nobody else.
  asio::awaitable<std::optional<Response>> ask_guard(const Exchange& exchange, Request& request) {
    const Route& route = *exchange.route;
    const auto ask = [](const Exchange& asking, Request& asked) {
      const RequestScope scope(asking.id);  // of the thread, so never across a co_await
      return asking.route->guard(asked);
    };
    if (!route.is_slow || !route.is_slow(request)) co_return ask(exchange, request);
    const Place place(shared_.slow_waiting);
    if (place.number() > kMostSlow)
      co_return named(exchange,
                      [] { return problem(kServiceUnavailable, "too many credentials wait to be looked at"); });
    const auto later = [ask](const Exchange& asking, Request& asked) -> asio::awaitable<std::optional<Response>> {
      co_return ask(asking, asked);
    };
    co_return co_await asio::co_spawn(shared_.slow_guards, later(exchange, request), asio::use_awaitable);
  }

  asio::awaitable<std::optional<error_code>> read_body(const ServerLimits& limits, Parser& parser) {
    tcp().expires_after(limits.body_time);
    if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [error, octets] = co_await asio::async_write(stream_, asio::buffer(kContinue), kResume);
      if (error) co_return error;
    }
    const auto [error, octets] = co_await beast::http::async_read(stream_, buffer_, parser, kResume);
    if (error) co_return error;
    co_return std::nullopt;
  }

  Response answer(Exchange& exchange, const Request& request) {
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

  asio::awaitable<bool> write(Response response, unsigned version, bool keep_alive, bool head) {
    WireResponse wire = wire_response(std::move(response), version, keep_alive);
    beast::http::response_serializer<beast::http::string_body> serializer(wire);
    tcp().expires_after(shared_.serving()->limits.write_time);
    if (head) {
      const auto [error, octets] = co_await beast::http::async_write_header(stream_, serializer, kResume);
      co_return !error && keep_alive;
    }
    const auto [error, octets] = co_await beast::http::async_write(stream_, serializer, kResume);
    co_return !error && keep_alive;
  }

  // Answers a request whose body was not read; the rest of it is drained so that the answer arrives.
  asio::awaitable<void> write_last(Response response, unsigned version) {
    co_await write(std::move(response), version, false, false);
    std::array<std::uint8_t, 4096> discarded;
    tcp().expires_after(kDrainTime);
    for (std::size_t drained = 0; drained < kDrainLimit;) {
      const auto [error, octets] = co_await stream_.async_read_some(asio::buffer(discarded), kResume);
      if (error) co_return;
      drained += octets;
    }
  }

  asio::awaitable<void> close() {
    if constexpr (kTls) {
      tcp().expires_after(kDrainTime);
      co_await stream_.async_shutdown(kResume);  // a client that is gone makes this fail: fine
    }
    error_code ignored;
    tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  }

  Stream stream_;
  Shared& shared_;
  const std::string client_;
  const bool local_;
  std::vector<std::string> certificate_names_;
  beast::flat_buffer buffer_;
  bool idle_ = false;  // touched on the connection's strand only
};

}  // namespace

std::shared_ptr<Connection> make_connection(asio::ip::tcp::socket socket, Shared& shared) {
  const auto serving = shared.serving();
  TcpStream stream(std::move(socket));
  if (serving->tls == nullptr)
    return std::make_shared<StreamConnection<TcpStream>>(std::move(stream), shared, serving->limits);
  return std::make_shared<StreamConnection<TlsStream>>(TlsStream(std::move(stream), *serving->tls), shared,
                                                       serving->limits);
}

}  // namespace credence::service::http
