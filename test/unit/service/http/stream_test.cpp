// Responses that go on after their header, over a real server.
#include "service/http/stream.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "service/http/server.h"
#include "support/running.h"
#include "unit/service/http/raw_client.h"

namespace credence::service::http {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::Running;

// Gives what the test says, when it says it.
class Scripted final : public ResponseStream {
 public:
  Part next() override {
    const std::lock_guard lock(mutex_);
    if (parts_.empty()) return {};
    Part part = std::move(parts_.front());
    parts_.pop_front();
    return part;
  }
  Part when_quiet() override { return {.octets = "quiet;"}; }
  std::chrono::milliseconds quiet_time() const override { return quiet; }
  void on_news(std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }

  void say(Part part) {
    const std::lock_guard lock(mutex_);
    parts_.push_back(std::move(part));
    if (wake_) wake_();
  }

  std::chrono::milliseconds quiet = 10s;

 private:
  std::mutex mutex_;
  std::deque<Part> parts_;
  std::function<void()> wake_;
};

class HttpStream : public testing::Test {
 protected:
  std::unique_ptr<Server> start(ServerLimits limits = {}) {
    Router router;
    router.add(Method::get, "/stream", 0, [this](const Request&) { return Response{.stream = stream}; });
    router.add(Method::get, "/begun", 0,
               [this](const Request&) { return Response{.body = "first", .stream = stream}; });
    router.add(Method::get, "/hello", 0, [](const Request&) { return Response{.body = "hello"}; });
    ServerOptions options;
    options.limits = limits;
    return Server::start(options, std::move(router), no_log()).value();
  }

  std::shared_ptr<Scripted> stream = std::make_shared<Scripted>();
};

// A conforming client takes what stands before the first chunk for the length of one.
TEST_F(HttpStream, FramesWhatItBeginsWith) {
  const Running server(start());
  RawClient client(server->port());
  client.send("GET /begun HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.receive("first\r\n").ends_with("\r\n\r\n5\r\nfirst\r\n"));
  RawClient old(server->port());
  old.send("GET /begun HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.receive("first").ends_with("\r\n\r\nfirst"));
}

TEST_F(HttpStream, SendsWhatComesWhenItComes) {
  const Running server(start());
  RawClient client(server->port());
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.receive("\r\n\r\n").find("Transfer-Encoding: chunked"), std::string::npos);
  stream->say({.octets = "one"});
  EXPECT_EQ(client.receive("one\r\n"), "3\r\none\r\n");
  stream->say({.octets = "the last", .last = true});
  EXPECT_EQ(client.receive("0\r\n\r\n"), "8\r\nthe last\r\n0\r\n\r\n");
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.receive().ends_with("hello"));
}

// The client must see that this is not all of it.
TEST_F(HttpStream, BreaksOffWhatFails) {
  const Running server(start());
  RawClient client(server->port());
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_NE(client.receive("\r\n\r\n").find("200 OK"), std::string::npos);
  stream->say({.octets = "one"});
  EXPECT_EQ(client.receive("one\r\n"), "3\r\none\r\n");
  stream->say({.octets = "two", .failed = true});
  EXPECT_EQ(client.receive(), "");
}

TEST_F(HttpStream, GivesASignOfLife) {
  stream->quiet = 20ms;
  const Running server(start());
  RawClient client(server->port());
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.receive("quiet;\r\n6\r\nquiet;").find("6\r\nquiet;\r\n"), std::string::npos);
}

TEST_F(HttpStream, EndsWithTheConnectionOfAnOldClient) {
  stream->say({.octets = "all", .last = true});
  const Running server(start());
  RawClient client(server->port());
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string answer = client.receive();
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nall")) << answer;
}

// Whoever does not read what it asked for must not make the server keep it.
TEST_F(HttpStream, DropsAReaderThatIsTooSlow) {
  const Running server(start({.write_time = 100ms}));
  {
    RawClient client(server->port());
    client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_NE(client.receive("\r\n\r\n").find("200 OK"), std::string::npos);
    for (int i = 0; i < 400 && stream.use_count() > 1; ++i) {
      stream->say({.octets = std::string(1 << 20, 'x')});
      std::this_thread::sleep_for(5ms);
    }
    EXPECT_EQ(stream.use_count(), 1) << "the connection still holds its stream";
  }
}

TEST_F(HttpStream, EndsWhenTheServerStops) {
  Running server(start());
  RawClient client(server->port());
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_NE(client.receive("\r\n\r\n").find("200 OK"), std::string::npos);
  std::this_thread::sleep_for(100ms);  // until it waits for news
  const auto before = std::chrono::steady_clock::now();
  server.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 3s);
  EXPECT_EQ(client.receive(), "6\r\nquiet;\r\n") << "who waits for news is told that there are none";
}

}  // namespace
}  // namespace credence::service::http
