#include "service/http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <mutex>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "service/http/problem.h"
#include "support/running.h"
#include "unit/service/http/raw_client.h"

namespace credence::service::http {
namespace {

using test::RawClient;
using test::Running;

constexpr std::size_t kBodyLimit = 16;

Router example(std::atomic<bool>* slow_started = nullptr) {
  Router router;
  router.add(Method::post, "/echo", kBodyLimit, [](const Request& request) {
    return Response{.status = kOk, .body = std::string(as_text(request.body))};
  });
  router.add(Method::get, "/hello", 0, [](const Request&) { return Response{.status = kOk, .body = "hello"}; });
  router.add(Method::get, "/client", 0,
             [](const Request& request) { return Response{.status = kOk, .body = "from " + request.client}; });
  router.add(Method::get, "/bug", 0, [](const Request&) -> Response { throw std::runtime_error("a bug"); });
  router.add(
      Method::post, "/guarded", 1 << 20, [](const Request&) { return Response{}; },
      [](Request&) { return std::optional(problem(kUnauthorized, "no")); });
  router.add(Method::get, "/slow", 0, [slow_started](const Request&) {
    if (slow_started != nullptr) slow_started->store(true);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return Response{.status = kOk, .body = "at last"};
  });
  return router;
}

Router greeting(const std::string& text) {
  Router router;
  router.add(Method::get, "/hello", 0, [text](const Request&) { return Response{.status = kOk, .body = text}; });
  return router;
}

std::unique_ptr<Server> start(ServerLimits limits = {}, unsigned threads = 1, std::atomic<bool>* slow = nullptr) {
  ServerOptions options;
  options.threads = threads;
  options.limits = limits;
  return Server::start(options, example(slow), no_log()).value();
}

std::string answer_to(const Server& server, std::string_view octets) {
  RawClient client(server.port());
  client.send(octets);
  client.end();
  return client.receive();
}

struct Case {
  std::string name;
  std::string request;
  std::string answer;  // its start
};
void PrintTo(const Case& example, std::ostream* out) { *out << example.name; }

class HttpRequest : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    All, HttpRequest,
    testing::Values(
        Case{"get", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
        Case{"http_1_0", "GET /hello HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n"},
        Case{"post", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n0123456789abcdef", "HTTP/1.1 200 "},
        Case{"post_chunked",
             "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
             "HTTP/1.1 200 "},
        Case{"unknown_path", "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 "},
        Case{"unknown_method", "PUT /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 "},
        Case{"bug", "GET /bug HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 500 "},
        Case{"no_host", "GET /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        Case{"two_hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 "},
        Case{"bad_target", "GET /a/../hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "},
        Case{"no_http", "\x16\x03\x01 this is TLS\r\n\r\n", "HTTP/1.1 400 "},
        Case{"header_line_without_colon", "GET /hello HTTP/1.1\r\nHost: a\r\nbad\r\n\r\n", "HTTP/1.1 400 "},
        // Request smuggling: two statements of the length that a proxy in front may weigh differently.
        Case{"length_and_chunked",
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             "HTTP/1.1 400 "},
        Case{"two_lengths", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
             "HTTP/1.1 400 "},
        Case{"body_too_large", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n0123456789abcdefg",
             "HTTP/1.1 413 "},
        Case{"body_announced_enormous", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
             "HTTP/1.1 413 "},
        Case{"chunked_body_too_large",
             "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n0123456789abcdefg\r\n0\r\n\r\n",
             "HTTP/1.1 413 "},
        Case{"body_where_none_belongs", "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
             "HTTP/1.1 413 "},
        Case{"coded_body",
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
             "HTTP/1.1 415 "},
        Case{"coded_body_in_a_second_header",
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding:\r\nContent-Encoding: br\r\nContent-Length: "
             "3\r\n\r\nabc",
             "HTTP/1.1 415 "},
        Case{"guard", "POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 401 "},
        Case{"header_too_large", "GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n",
             "HTTP/1.1 431 "}),
    [](const auto& example) { return example.param.name; });

TEST_P(HttpRequest, HasItsAnswer) {
  const Running server(start());
  const std::string answer = answer_to(*server, GetParam().request);
  EXPECT_TRUE(answer.starts_with(GetParam().answer)) << answer;
}

TEST(HttpServer, KeepsAConnectionForSeveralRequestsAndErrors) {
  const Running server(start());
  RawClient client(server->port());
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.receive("hello").find("200 OK"), std::string::npos);
  client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.receive("no such resource").find("404"), std::string::npos);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  const std::string last = client.receive();
  EXPECT_NE(last.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(last.ends_with("\r\n\r\nhi")) << last;
}

TEST(HttpServer, AnswersHeadWithoutBody) {
  const Running server(start());
  const std::string answer = answer_to(*server, "HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST(HttpServer, InvitesABodyOnlyWhenItWantsIt) {
  const Running server(start());
  RawClient welcome(server->port());
  welcome.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(welcome.receive("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  welcome.send("hi");
  EXPECT_NE(welcome.receive("hi").find("200 OK"), std::string::npos);

  RawClient unwelcome(server->port());
  unwelcome.send("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(unwelcome.receive("\r\n\r\n").starts_with("HTTP/1.1 401 "));
}

TEST(HttpServer, DropsAClientThatSendsTooSlowly) {
  const Running server(
      start({.header_time = std::chrono::milliseconds(100), .body_time = std::chrono::milliseconds(100)}));
  RawClient header(server->port());
  header.send("GET /hel");
  EXPECT_EQ(header.receive(), "");
  RawClient body(server->port());
  body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh");
  EXPECT_EQ(body.receive(), "");
}

TEST(HttpServer, BoundsItsConnections) {
  const Running server(start({.connections = 1}));
  RawClient first(server->port());
  first.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(first.receive("hello").find("200 OK"), std::string::npos);
  RawClient second(server->port());
  const std::string refusal = second.receive();
  EXPECT_TRUE(refusal.starts_with("HTTP/1.1 503 ")) << refusal;
  EXPECT_NE(refusal.find("Retry-After: "), std::string::npos);
  first.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(first.receive("hello").find("200 OK"), std::string::npos);
}

// They have come while the only thread was busy: more than it accepts at once.
TEST(HttpServer, AcceptsAllWhoWait) {
  std::atomic<bool> slow_started = false;
  const Running server(start({}, 1, &slow_started));
  RawClient busy(server->port());
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  while (!slow_started) std::this_thread::yield();
  std::deque<RawClient> others;
  for (int i = 0; i < 150; ++i) others.emplace_back(server->port()).send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  for (RawClient& other : others) EXPECT_NE(other.receive("hello").find("200 OK"), std::string::npos);
  EXPECT_NE(busy.receive("at last").find("200 OK"), std::string::npos);
}

TEST(HttpServer, SaysWhereARequestComesFrom) {
  const Running server(start());
  const std::string answer = answer_to(*server, "GET /client HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\nfrom 127.0.0.1")) << answer;
}

// Memory that runs out while a connection is admitted, or anything else that throws there.
class ThrowingLog final : public Log {
 public:
  void write(LogLevel, std::string_view message) override {
    if (!message.starts_with("connection refused")) return;
    ++thrown;
    throw std::bad_alloc();
  }
  std::atomic<int> thrown = 0;
};

TEST(HttpServer, GoesOnAcceptingAfterAnException) {
  ThrowingLog log;
  ServerOptions options;
  options.limits.connections = 1;
  const Running server(Server::start(options, example(), log).value());
  {
    RawClient first(server->port());
    first.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(first.receive("hello").find("200 OK"), std::string::npos);
    RawClient second(server->port());
    EXPECT_TRUE(second.receive().starts_with("HTTP/1.1 503 "));
  }
  for (int attempt = 0; attempt < 500 && log.thrown == 0; ++attempt)  // it is written after the answer
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_GE(log.thrown, 1);
  std::string answer;
  for (int attempt = 0; attempt < 100 && answer.empty(); ++attempt) {  // until the first is forgotten
    answer = answer_to(*server, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    if (!answer.starts_with("HTTP/1.1 200")) answer.clear();
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << "nobody is accepted any more";
}

TEST(HttpServer, FinishesWhatIsUnderWayWhenItStops) {
  std::atomic<bool> slow_started = false;
  Running server(start({}, 2, &slow_started));
  RawClient idle(server->port());
  idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(idle.receive("hello").find("200 OK"), std::string::npos);
  RawClient busy(server->port());
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  while (!slow_started) std::this_thread::yield();

  const auto start_of_stop = std::chrono::steady_clock::now();
  server.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start_of_stop, std::chrono::seconds(3));
  EXPECT_NE(busy.receive().find("at last"), std::string::npos);
  EXPECT_EQ(idle.receive(), "");
}

TEST(HttpServer, EndsWhenAClientNeverDoes) {
  Running server(start({.stop_time = std::chrono::milliseconds(200)}));
  RawClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  const auto start_of_stop = std::chrono::steady_clock::now();
  server.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start_of_stop, std::chrono::seconds(3));
}

// The value of a header in an answer as it came.
std::string header_of(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

// None, one that goes out with its header, and one that is more than the socket takes at once.
TEST(HttpServer, SendsABodyOfAnySizeWhole) {
  for (const std::size_t size : {0, 1, 64 << 10, 16 << 20}) {
    std::string body(size, ' ');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i % 23);
    const Running server(Server::start({}, greeting(body), no_log()).value());
    const std::string answer = answer_to(*server, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(header_of(answer, "Content-Length"), std::to_string(size));
    EXPECT_TRUE(answer.substr(answer.find("\r\n\r\n") + 4) == body) << size;
  }
}

TEST(HttpServer, ReadsBodiesOfAnySizeOneBehindTheOther) {
  Router router;
  router.add(Method::post, "/large", 1 << 20, [](const Request& request) {
    return Response{.status = kOk, .body = std::string(as_text(request.body))};
  });
  const Running server(Server::start({}, std::move(router), no_log()).value());
  std::vector<std::string> bodies;
  std::string requests;
  for (const std::size_t size : {1, 2'000, 2'048, 9'216, 100'000, 0, 5'000}) {
    bodies.emplace_back(size, static_cast<char>('A' + bodies.size()));
    requests +=
        "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + bodies.back();
  }
  const std::string answers = answer_to(*server, requests);
  std::size_t at = 0;
  for (const std::string& body : bodies) {
    ASSERT_EQ(answers.substr(at, 15), "HTTP/1.1 200 OK") << body.size();
    at = answers.find("\r\n\r\n", at) + 4;
    EXPECT_TRUE(answers.substr(at, body.size()) == body) << body.size();
    at += body.size();
  }
  EXPECT_EQ(at, answers.size());
}

TEST(HttpServer, NamesEachRequestInItsAnswer) {
  const Running server(start());
  const auto ask = [&](const std::string& target, const std::string& header) {
    return answer_to(*server, "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + header + "Connection: close\r\n\r\n");
  };
  EXPECT_EQ(header_of(ask("/hello", "X-Request-Id: mine-1\r\n"), "X-Request-Id"), "mine-1");
  const std::string first = header_of(ask("/hello", ""), "X-Request-Id");
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef-"), std::string::npos) << first;
  EXPECT_NE(first, header_of(ask("/hello", ""), "X-Request-Id"));
  EXPECT_NE(header_of(ask("/hello", "X-Request-Id: no good\r\n"), "X-Request-Id"), "no good");
  // Refusals before and after the header was understood, and those of a handler.
  for (const char* target : {"/nothing", "/a/../b", "/bug"}) {
    const std::string answer = ask(target, "");
    const std::string id = header_of(answer, "X-Request-Id");
    EXPECT_FALSE(id.empty()) << answer;
    EXPECT_NE(answer.find("\"instance\":\"" + id + "\""), std::string::npos) << answer;
  }
}

TEST(HttpServer, RefusesAtOnceWhatWouldWaitTooLong) {
  std::atomic<bool> started = false, released = false;
  Router router = greeting("hello");
  router.add(Method::post, "/work", kBodyLimit, [&](const Request&) {
    started = true;
    while (!released) std::this_thread::yield();
    return Response{.body = "done"};
  });
  ServerOptions options{.threads = 2, .limits = {.admission = {.longest = std::chrono::microseconds(0), .few = 0}}};
  const Running server(Server::start(options, std::move(router), no_log()).value());
  constexpr std::string_view kWork = "POST /work HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  RawClient first(server->port()), second(server->port());
  first.send(kWork);
  while (!started) std::this_thread::yield();

  second.send(kWork);
  const std::string refusal = second.receive("\"too busy: try again\"");
  EXPECT_TRUE(refusal.starts_with("HTTP/1.1 503 ")) << refusal;
  EXPECT_EQ(header_of(refusal, "Retry-After"), "1");
  EXPECT_NE(refusal.find("\"instance\":\"" + header_of(refusal, "X-Request-Id") + "\""), std::string::npos) << refusal;
  RawClient reader(server->port());
  reader.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(reader.receive("hello").starts_with("HTTP/1.1 200 ")) << "who only looks is never refused";

  released = true;
  EXPECT_TRUE(first.receive("done").starts_with("HTTP/1.1 200 "));
  second.send(kWork);
  EXPECT_TRUE(second.receive("done").starts_with("HTTP/1.1 200 "));
}

class CountingObserver final : public Observer {
 public:
  void served(const Served& request) noexcept override {
    const std::string route = request.route != nullptr ? request.route->pattern : "none";
    const std::lock_guard lock(mutex_);
    log_ += std::string(name(request.method)) + " " + route + " " + std::to_string(request.status) + "\n";
    positive_ = positive_ && request.time.count() > 0;
  }
  void connection_opened() noexcept override { ++opened; }
  void connection_closed() noexcept override { ++closed; }
  void connection_refused() noexcept override { ++refused; }
  void handshake_failed() noexcept override { ++handshakes; }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  bool positive() const { return positive_; }
  std::atomic<int> opened = 0, closed = 0, refused = 0, handshakes = 0;

 private:
  std::mutex mutex_;
  std::string log_;
  bool positive_ = true;
};

TEST(HttpServer, TellsItsObserverEveryAnswer) {
  const auto observer = std::make_shared<CountingObserver>();
  ServerOptions options;
  options.observer = observer;
  options.limits.connections = 1;
  Running server(Server::start(options, example(), no_log()).value());
  {
    RawClient client(server->port());
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(client.receive("hello").find("200 OK"), std::string::npos);
    RawClient second(server->port());
    EXPECT_TRUE(second.receive().starts_with("HTTP/1.1 503 "));
    client.send("GET /bug HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(client.receive("its log says why").find("500"), std::string::npos);
    client.send("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
    EXPECT_NE(client.receive("no").find("401"), std::string::npos);
  }
  server.stop();
  EXPECT_EQ(observer->log(), "GET /hello 200\nGET /bug 500\nPOST /guarded 401\n");
  EXPECT_TRUE(observer->positive());
  EXPECT_EQ(observer->opened, 1);
  EXPECT_EQ(observer->closed, 1);
  EXPECT_EQ(observer->refused, 1);
}

TEST(HttpServer, ExchangesItsRoutesWithoutLosingAConnection) {
  Running server(Server::start({}, greeting("before"), no_log()).value());
  RawClient client(server->port());
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.receive("before").find("200 OK"), std::string::npos);
  ASSERT_TRUE(server->reload({}, greeting("after")));
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.receive("after").find("200 OK"), std::string::npos);
}

TEST(HttpServer, LosesNoRequestWhileItReloads) {
  ServerOptions options;
  options.threads = 2;
  Running server(Server::start(options, greeting("0"), no_log()).value());
  std::atomic<bool> done = false;
  std::jthread reloader([&] {
    for (int i = 1; !done; ++i) EXPECT_TRUE(server->reload(options, greeting(std::to_string(i))));
  });
  for (int connection = 0; connection < 20; ++connection) {
    RawClient client(server->port());
    for (int i = 0; i < 20; ++i) {
      client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
      ASSERT_TRUE(client.receive("\r\n\r\n").starts_with("HTTP/1.1 200 OK"));
    }
  }
  done = true;
}

TEST(HttpServer, RefusesToChangeWhatItCannot) {
  const ServerOptions before;
  Running server(Server::start(before, greeting("before"), no_log()).value());
  ServerOptions port = before, threads = before, tls = before;
  port.port = 1;
  threads.threads = 2;
  tls.tls = TlsFiles{.certificate = "a", .key = "b"};
  for (const auto& [options, named] : {std::pair(port, "listener"), {threads, "threads"}, {tls, "TLS"}}) {
    const auto refused = server->reload(options, greeting("after"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::configuration);
    EXPECT_NE(refused.error().why.find(named), std::string::npos) << refused.error().why;
  }
  EXPECT_TRUE(answer_to(*server, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ends_with("before"));
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const Running first(start());
  ServerOptions options;
  options.port = first->port();
  EXPECT_EQ(Server::start(options, {}, no_log()).error().code, Errc::configuration);
  options.address = "localhost.example";
  EXPECT_EQ(Server::start(options, {}, no_log()).error().code, Errc::usage);
}

}  // namespace
}  // namespace credence::service::http
