#include "credence/stream.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include "credence/tls.h"
#include "crypto/openssl/native.h"
#include "support/refusal.h"

namespace credence {
namespace {

using ContextPtr = crypto::Owned<SSL_CTX, SSL_CTX_free>;
constexpr std::chrono::seconds kPatience{30};

// A stock server that does not attest, before a client that does and demands nothing but a good certificate.
class PureAttester : public testing::Test {
 protected:
  void SetUp() override {
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()), 0);
    ASSERT_TRUE(use_tls_key(client.get(), root));
    ASSERT_TRUE(attach(client.get(), {.attester = root}));
    SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
    ASSERT_TRUE(use_tls_key(server.get(), other_root));
  }

  Result<void> handshake(const std::string& name) {
    std::thread peer([this] {
      const crypto::Owned<SSL, SSL_free> ssl(SSL_new(server.get()));
      SSL_set_fd(ssl.get(), sockets[1]);
      SSL_accept(ssl.get());
      ::close(sockets[1]);
      ERR_clear_error();
    });
    auto stream = Stream::over(client.get(), sockets[0], Stream::Side::client, name).value();
    auto shaken = stream.handshake_within(kPatience);
    peer.join();
    return shaken;
  }
  void trust_the_server() {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client.get()), SSL_CTX_get0_certificate(server.get()));
  }

  std::array<int, 2> sockets{};
  Attester root = open_insecure_software_root().value();
  Attester other_root = open_insecure_software_root().value();
  ContextPtr client{SSL_CTX_new(TLS_client_method())};
  ContextPtr server{SSL_CTX_new(TLS_server_method())};
};

TEST_F(PureAttester, RefusesAServerWhoseChainItDoesNotTrust) {
  test::expect_refused(handshake(""), Errc::untrusted_chain, "--peer-ca");
}

TEST_F(PureAttester, RefusesAServerWithAnotherName) {
  trust_the_server();
  test::expect_refused(handshake("other.example"), Errc::untrusted_chain, "hostname mismatch");
}

TEST_F(PureAttester, AcceptsAServerThatItTrusts) {
  trust_the_server();
  const auto shaken = handshake("");
  EXPECT_TRUE(shaken) << shaken.error().text();
}

void count(int, int, int, const void*, std::size_t, SSL*, void* argument) { ++*static_cast<int*>(argument); }

TEST_F(PureAttester, HasItsMessageCallbackCalled) {
  int heard = 0;
  client.reset(SSL_CTX_new(TLS_client_method()));
  ASSERT_TRUE(use_tls_key(client.get(), root));
  ASSERT_TRUE(attach(client.get(), {.attester = root, .message_callback = count, .message_argument = &heard}));
  const auto shaken = handshake("");
  EXPECT_TRUE(shaken) << shaken.error().text();
  EXPECT_GT(heard, 0);
}

}  // namespace
}  // namespace credence
