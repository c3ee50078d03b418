#include "client/http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.h"
#include "crypto/hash.h"
#include "service/http/server.h"
#include "support/certificate_files.h"
#include "support/running.h"

namespace credence::client {
namespace {

namespace server_http = service::http;
using test::Running;

std::unique_ptr<server_http::Server> start(std::optional<server_http::TlsFiles> tls = {}) {
  server_http::Router router;
  router.add(server_http::Method::get, "/hello", 0, [](const server_http::Request& request) {
    return server_http::Response{
        .status = 200, .headers = {{"X-Echo", request.list_header("X-Ask")}, {"X-Echo", "second"}}, .body = "hello"};
  });
  router.add(server_http::Method::get, "/moved", 0, [](const server_http::Request&) {
    return server_http::Response{.status = 302, .headers = {{"Location", "/hello"}}, .body = {}};
  });
  router.add(server_http::Method::get, "/large", 0, [](const server_http::Request&) {
    return server_http::Response{.status = 200, .body = std::string(100'000, 'x')};
  });
  router.add(server_http::Method::post, "/echo", 4 << 20, [](const server_http::Request& request) {
    return server_http::Response{.status = 200, .body = std::string(as_text(request.body))};
  });
  server_http::ServerOptions options;
  options.tls = std::move(tls);
  return server_http::Server::start(options, std::move(router), no_log()).value();
}

HttpRequest get(const server_http::Server& server, std::string_view path, std::string_view scheme = "http") {
  return {
      .method = HttpMethod::get,
      .url = std::string(scheme) + "://127.0.0.1:" + std::to_string(server.port()) + std::string(path),
  };
}

TEST(Http, BringsStatusHeadersAndBody) {
  const Running server(start());
  HttpRequest asked = get(*server, "/hello");
  asked.headers = {{"X-Ask", "me"}};
  const auto response = request(asked, {});
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->text(), "hello");
  EXPECT_EQ(response->header("x-echo"), "me");
  EXPECT_EQ(response->header("absent"), "");
  EXPECT_EQ(request(get(*server, "/nothing"), {}).value().status, 404);
}

TEST(Http, PostsALargeBody) {  // large enough for libcurl to ask with "Expect: 100-continue" first
  const Running server(start());
  HttpRequest posted = get(*server, "/echo");
  posted.method = HttpMethod::post;
  posted.body = Bytes(3 << 20, 0x41);
  const auto response = request(posted, {.max_response = 4 << 20});
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, posted.body);
  posted.body.clear();
  EXPECT_EQ(request(posted, {}).value().body, Bytes{});
}

TEST(Http, FollowsNoRedirect) {
  const Running server(start());
  const auto response = request(get(*server, "/moved"), {}).value();
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(response.header("location"), "/hello");
}

TEST(Http, BoundsTheAnswer) {
  const Running server(start());
  EXPECT_EQ(request(get(*server, "/large"), {.max_response = 99'999}).error().code, Errc::too_large);
  EXPECT_TRUE(request(get(*server, "/large"), {.max_response = 100'000}));
}

TEST(Http, AsksNoProxyOfTheEnvironment) {
  const Running server(start());
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("no_proxy", "", 1);
  EXPECT_TRUE(request(get(*server, "/hello"), {}));
  EXPECT_EQ(request(get(*server, "/hello"), {.proxy = "http://127.0.0.1:1"}).error().code, Errc::unavailable);
  ::unsetenv("http_proxy");
  ::unsetenv("no_proxy");
}

TEST(Http, RefusesAHeaderWithALineFeed) {
  const Running server(start());
  HttpRequest asked = get(*server, "/hello");
  asked.headers = {{"X-Ask", "me\r\nX-More: yes"}};
  EXPECT_EQ(request(asked, {}).error().code, Errc::usage);
}

TEST(Http, TrustsOnlyTheAuthorityThatIsNamed) {
  const test::TemporaryDirectory directory;
  const auto own = test::write_certificate(directory, "own"), other = test::write_certificate(directory, "other");
  const Running server(start(server_http::TlsFiles{.certificate = own.certificate, .key = own.key}));
  const HttpRequest asked = get(*server, "/hello", "https");
  const auto trusted = request(asked, {.ca_file = own.certificate});
  EXPECT_TRUE(trusted) << trusted.error().text();
  EXPECT_EQ(request(asked, {.ca_file = other.certificate}).error().code, Errc::untrusted_chain);
  EXPECT_EQ(request(asked, {}).error().code, Errc::untrusted_chain);
  EXPECT_EQ(request(asked, {.ca_file = directory.path() / "absent"}).error().code, Errc::configuration);
}

// In a record with its header, in several, and more than the socket takes at once.
TEST(Http, BringsABodyOfAnySizeOverTls) {
  const test::TemporaryDirectory directory;
  const auto own = test::write_certificate(directory, "own");
  const Running server(start(server_http::TlsFiles{.certificate = own.certificate, .key = own.key}));
  HttpRequest posted = get(*server, "/echo", "https");
  posted.method = HttpMethod::post;
  for (const std::size_t size : {1, 16 << 10, 64 << 10, (64 << 10) + 1, 4 << 20}) {
    posted.body.resize(size);
    for (std::size_t i = 0; i < size; ++i) posted.body[i] = static_cast<std::uint8_t>(i % 251);
    const auto response = request(posted, {.ca_file = own.certificate, .max_response = 4 << 20});
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_TRUE(response->body == posted.body) << size;
  }
}

TEST(Http, ChecksThePinOnTopOfTheChain) {
  const test::TemporaryDirectory directory;
  const auto files = test::write_certificate(directory, "own");
  const Running server(start(server_http::TlsFiles{.certificate = files.certificate, .key = files.key}));
  std::ifstream file(files.certificate);
  const std::string pem{std::istreambuf_iterator<char>(file), {}};
  const auto certificate = crypto::Certificate::from_pem(pem).value();
  const auto pin = [](ByteView spki) {
    return "sha256//" + to_base64(crypto::digest(crypto::HashAlgorithm::sha256, spki).value().view());
  };
  const HttpRequest asked = get(*server, "/hello", "https");
  EXPECT_TRUE(request(asked, {.ca_file = files.certificate, .pinned_public_key = pin(certificate.spki())}));
  const auto stranger = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  EXPECT_EQ(request(asked, {.ca_file = files.certificate, .pinned_public_key = pin(stranger.public_key().spki())})
                .error()
                .code,
            Errc::untrusted_chain);
  EXPECT_EQ(request(asked, {.pinned_public_key = pin(certificate.spki())}).error().code, Errc::untrusted_chain);
}

TEST(Http, TellsNobodyThereFromNobodyAnswering) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const HttpRequest asked{
      .method = HttpMethod::get,
      .url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/",
  };
  EXPECT_EQ(request(asked, {}).error().code, Errc::unavailable);
  ASSERT_EQ(::listen(listener, 1), 0);  // from now on the kernel accepts, and nobody reads
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(request(asked, {.timeout = std::chrono::milliseconds(200)}).error().code, Errc::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
  ::close(listener);
}

}  // namespace
}  // namespace credence::client
