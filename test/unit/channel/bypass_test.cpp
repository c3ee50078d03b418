// Each way around OpenSSL's callbacks that protocol.md 1.9 names, and what the gate makes of it. The handshake may
// complete; application data must not flow.
#include <gtest/gtest.h>

#include <array>

#include "channel/openssl/job_stack.h"
#include "in_memory.h"
#include "support/refusal.h"

namespace credence::channel {
namespace {

using test::expect_refused;

class Bypass : public testing::Test {
 protected:
  void attach_server_that_demands() {
    ASSERT_TRUE(attach(server.get(), attachment(demand(client_device, appraiser), {})));
  }
  void attach_client_that_demands() {
    ASSERT_TRUE(attach(client.get(), attachment(demand(server_device, appraiser), {})));
  }
  // Neither direction moves an octet.
  static void expect_closed(End& end, End& other, Errc code) {
    const Result<void> open = check_open(end.ssl);
    ASSERT_FALSE(open);
    EXPECT_EQ(name(open.error().code), name(code)) << open.error().text();
    EXPECT_LE(end.write("secret"), 0);
    other.write("order");
    move_octets(other, end);
    EXPECT_LE(end.read(), 0);
  }

  Device client_device;
  Device server_device;
  std::shared_ptr<TestAppraiser> appraiser = std::make_shared<TestAppraiser>();
  ContextPtr client = client_device.context(TLS_client_method());
  ContextPtr server = server_device.context(TLS_server_method());
};

TEST_F(Bypass, ClientWithVerifyNone) {
  attach_client_that_demands();
  Pair pair(client.get(), server.get());
  SSL_set_verify(pair.client.ssl, SSL_VERIFY_NONE, nullptr);
  pair.run();
  expect_closed(pair.client, pair.server, Errc::evidence_missing);
}

TEST_F(Bypass, ServerWithVerifyNone) {
  attach_server_that_demands();
  Pair pair(client.get(), server.get());
  SSL_set_verify(pair.server.ssl, SSL_VERIFY_NONE, nullptr);
  pair.run();
  expect_closed(pair.server, pair.client, Errc::evidence_missing);
}

int switch_context(SSL* ssl, int*, void* context) {
  SSL_set_SSL_CTX(ssl, static_cast<SSL_CTX*>(context));
  return SSL_TLSEXT_ERR_OK;
}

TEST_F(Bypass, ServernameSwitchesToAContextWithoutDemands) {
  attach_server_that_demands();
  const ContextPtr plain = server_device.context(TLS_server_method());
  trust(plain.get(), client_device);  // the chain verifies: only the gate stands
  SSL_CTX_set_tlsext_servername_callback(server.get(), switch_context);
  SSL_CTX_set_tlsext_servername_arg(server.get(), plain.get());
  ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
  trust(client.get(), server_device);
  SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  Pair pair(client.get(), server.get());
  SSL_set_tlsext_host_name(pair.client.ssl, "peer.example");
  pair.run();
  EXPECT_EQ(pair.server.outcome, Outcome::done) << pair.server.reason;
  expect_closed(pair.server, pair.client, Errc::evidence_missing);
}

TEST_F(Bypass, ServernameSwitchesToAContextWithDemands) {
  attach_server_that_demands();
  const ContextPtr plain = server_device.context(TLS_server_method());
  SSL_CTX_set_tlsext_servername_callback(plain.get(), switch_context);
  SSL_CTX_set_tlsext_servername_arg(plain.get(), server.get());
  Pair pair(client.get(), plain.get());
  SSL_set_tlsext_host_name(pair.client.ssl, "peer.example");
  pair.run();
  // The tickets of the plain context, which follow the end of the handshake, do not go out.
  EXPECT_EQ(pair.server.outcome, Outcome::failed);
  expect_closed(pair.server, pair.client, Errc::evidence_missing);
}

void other_messages(int, int, int, const void*, std::size_t, SSL*, void*) {}

TEST_F(Bypass, ReplacedMessageCallback) {
  attach_server_that_demands();
  ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
  trust(client.get(), server_device);
  SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_msg_callback(server.get(), other_messages);
  Pair pair(client.get(), server.get());
  pair.run();
  EXPECT_EQ(pair.server.outcome, Outcome::failed);
  expect_refused(check_open(pair.server.ssl), Errc::missing_member, "message callback");
}

int infos = 0;
void count_infos(const SSL*, int, int) { ++infos; }

TEST_F(Bypass, ReplacedInfoCallbackOfTheContext) {
  attach_client_that_demands();
  SSL_CTX_set_info_callback(client.get(), count_infos);
  infos = 0;
  Pair pair(client.get(), server.get());
  SSL_set_verify(pair.client.ssl, SSL_VERIFY_NONE, nullptr);
  pair.run();
  EXPECT_GT(infos, 0) << "the application's callback is called all the same";
  expect_closed(pair.client, pair.server, Errc::evidence_missing);
}

TEST_F(Bypass, InfoCallbackOnTheSslBeforeTheHandshake) {
  attach_client_that_demands();
  infos = 0;
  Pair pair(client.get(), server.get());
  SSL_set_info_callback(pair.client.ssl, count_infos);
  SSL_set_verify(pair.client.ssl, SSL_VERIFY_NONE, nullptr);
  pair.run();
  EXPECT_GT(infos, 0);
  expect_closed(pair.client, pair.server, Errc::evidence_missing);
}

TEST_F(Bypass, ChainsToTheApplicationsInfoCallback) {
  SSL_CTX_set_info_callback(client.get(), count_infos);
  attach_client_that_demands();
  ASSERT_TRUE(attach(server.get(), attachment({}, server_device.offer())));
  infos = 0;
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open());
  EXPECT_GT(infos, 0);
}

TEST_F(Bypass, EmptyCertificate) {
  attach_server_that_demands();
  const ContextPtr without(SSL_CTX_new(TLS_client_method()));
  Pair pair(without.get(), server.get());
  pair.run();
  EXPECT_EQ(pair.server.outcome, Outcome::failed);
  EXPECT_FALSE(check_open(pair.server.ssl));
  EXPECT_LE(pair.server.read(), 0);
}

// A certificate that was compressed in advance goes out without its extensions (measured).
TEST_F(Bypass, CertificateCompressedInAdvance) {
  attach_client_that_demands();
  ASSERT_TRUE(attach(server.get(), attachment({}, server_device.offer())));
  SSL_CTX_clear_options(server.get(), SSL_OP_NO_TX_CERTIFICATE_COMPRESSION);
  SSL_CTX_clear_options(client.get(), SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
  if (SSL_CTX_compress_certs(server.get(), 0) != 1) GTEST_SKIP() << "OpenSSL without certificate compression";
  Pair pair(client.get(), server.get());
  pair.run();
  EXPECT_EQ(pair.client.outcome, Outcome::failed);
  expect_refused(check_open(pair.client.ssl), Errc::evidence_missing, "sent no evidence");
}

TEST_F(Bypass, CompressionIsOffInBothDirections) {
  attach_client_that_demands();
  ASSERT_TRUE(attach(server.get(), attachment({}, server_device.offer())));
  static_cast<void>(SSL_CTX_compress_certs(server.get(), 0));
  Pair pair(client.get(), server.get());
  EXPECT_TRUE(pair.run().both_open()) << pair.client.reason;
}

// Attack A16. The peer is none of ours: it issues tickets and would resume.
TEST_F(Bypass, ResumedSession) {
  ASSERT_TRUE(use_guarded_job_stacks());  // before the stock connection below starts a job
  const ContextPtr first = client_device.context(TLS_client_method());
  Pair plain(first.get(), server.get());
  plain.run();
  plain.client.read();
  SSL_SESSION* session = SSL_get1_session(plain.client.ssl);
  ASSERT_EQ(SSL_SESSION_is_resumable(session), 1);
  Pair resumed(first.get(), server.get());
  ASSERT_EQ(SSL_set_session(resumed.client.ssl, session), 1);
  resumed.run();
  ASSERT_EQ(SSL_session_reused(resumed.client.ssl), 1) << "otherwise this tests nothing";

  attach_client_that_demands();
  Pair pair(client.get(), server.get());
  ASSERT_EQ(SSL_set_session(pair.client.ssl, session), 1);
  SSL_SESSION_free(session);
  pair.run();
  EXPECT_EQ(SSL_session_reused(pair.client.ssl), 0);
  expect_closed(pair.client, pair.server, Errc::evidence_missing);
}

TEST_F(Bypass, AttachedServerIssuesNoTicketAndResumesNothing) {
  attach_client_that_demands();
  ASSERT_TRUE(attach(server.get(), attachment({}, server_device.offer())));
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open());
  pair.client.read();
  SSL_SESSION* session = SSL_get1_session(pair.client.ssl);
  EXPECT_EQ(SSL_SESSION_is_resumable(session), 0);
  SSL_SESSION_free(session);
}

// Attack A15.
TEST_F(Bypass, DataBeforeTheVerdictIsNotDelivered) {
  attach_server_that_demands();
  ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
  trust(client.get(), server_device);
  SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  appraiser->hold = true;
  Pair pair(client.get(), server.get());
  pair.run();
  ASSERT_EQ(pair.client.outcome, Outcome::done);
  ASSERT_EQ(pair.server.outcome, Outcome::waits);
  EXPECT_EQ(pair.client.write("order"), 5);
  move_octets(pair.client, pair.server);
  pair.server.advance();
  EXPECT_EQ(pair.server.outcome, Outcome::waits);
  expect_refused(check_open(pair.server.ssl), Errc::gate_closed, "the gate is closed");
  EXPECT_LE(pair.server.write("secret"), 0);
  appraiser->release();
  pair.server.advance();
  ASSERT_EQ(pair.server.outcome, Outcome::done) << pair.server.reason;
  EXPECT_EQ(pair.server.read(), 5);
}

TEST_F(Bypass, ServerSendsNothingAfterItsFinished) {
  attach_server_that_demands();
  ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
  Pair pair(client.get(), server.get());
  pair.client.advance();
  move_octets(pair.client, pair.server);
  ASSERT_EQ(pair.server.advance(), Outcome::wants);
  EXPECT_LE(pair.server.write("secret"), 0);
  EXPECT_NE(pair.server.reason.find("protocol is shutdown"), std::string::npos) << pair.server.reason;
}

// A first SSL_write() drives the handshake, and libssl does not ask again before it sends the data.
TEST_F(Bypass, WritingDrivesTheHandshake) {
  attach_client_that_demands();
  Pair pair(client.get(), server.get());
  SSL_set_verify(pair.client.ssl, SSL_VERIFY_NONE, nullptr);
  for (int round = 0; round < 6; ++round) {
    EXPECT_LE(pair.client.write("secret"), 0);
    move_octets(pair.client, pair.server);
    pair.server.read();
    move_octets(pair.server, pair.client);
  }
  EXPECT_LE(pair.server.read(), 0);
  expect_refused(check_open(pair.client.ssl), Errc::evidence_missing, "does not attest itself");
}

}  // namespace
}  // namespace credence::channel
