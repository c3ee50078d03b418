// Waiting for verdicts and evidence: one thread, many connections, deadlines, and giving up.
#include <gtest/gtest.h>
#include <openssl/async.h>
#include <poll.h>

#include <thread>

#include "in_memory.h"
#include "support/refusal.h"

namespace credence::channel {
namespace {

using test::expect_refused;
using namespace std::chrono_literals;

class Waiting : public testing::Test {
 protected:
  void SetUp() override {
    trust(client.get(), server_device);
    SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  }
  void attach_both(std::chrono::milliseconds verdict = 5s, std::chrono::milliseconds evidence = 5s) {
    Offer offer = client_device.offer();
    offer.evidence_deadline = evidence;
    ASSERT_TRUE(attach(client.get(), attachment({}, offer)));
    Demands demands = demand(client_device, appraiser);
    demands.verdict_deadline = verdict;
    ASSERT_TRUE(attach(server.get(), attachment(demands, {})));
  }
  // The descriptor that an application polls while the connection waits.
  static int descriptor(const End& end) {
    std::size_t count = 0;
    EXPECT_EQ(SSL_get_all_async_fds(end.ssl, nullptr, &count), 1);
    EXPECT_EQ(count, 1U);
    OSSL_ASYNC_FD found = -1;
    if (count == 1) SSL_get_all_async_fds(end.ssl, &found, &count);
    return found;
  }
  static bool readable(int descriptor, std::chrono::milliseconds within) {
    pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
    return poll(&one, 1, static_cast<int>(within.count())) == 1;
  }

  Device client_device;
  Device server_device;
  std::shared_ptr<TestAppraiser> appraiser = std::make_shared<TestAppraiser>();
  ContextPtr client = client_device.context(TLS_client_method());
  ContextPtr server = server_device.context(TLS_server_method());
};

TEST_F(Waiting, ASlowVerdictDoesNotBlockAnotherConnection) {
  attach_both();
  appraiser->hold = true;
  Pair slow(client.get(), server.get());
  slow.run();
  ASSERT_EQ(slow.server.outcome, Outcome::waits);

  appraiser->hold = false;
  Pair quick(client.get(), server.get());
  EXPECT_TRUE(quick.run().both_open());
  EXPECT_FALSE(check_open(slow.server.ssl));

  appraiser->release();
  EXPECT_TRUE(slow.run().both_open()) << slow.server.reason;
}

TEST_F(Waiting, TheDescriptorWakesWhenTheVerdictCame) {
  attach_both();
  appraiser->hold = true;
  Pair pair(client.get(), server.get());
  pair.run();
  ASSERT_EQ(pair.server.outcome, Outcome::waits);
  const int waking = descriptor(pair.server);
  EXPECT_FALSE(readable(waking, 0ms));
  std::jthread verifier([this] { appraiser->release(); });
  EXPECT_TRUE(readable(waking, 4s));
  verifier.join();
  EXPECT_TRUE(pair.run().both_open());
}

TEST_F(Waiting, WakingEarlyIsNoVerdict) {
  attach_both();
  appraiser->hold = true;
  Pair pair(client.get(), server.get());
  pair.run();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pair.server.advance(), Outcome::waits);
  EXPECT_EQ(appraiser->asked, 1);
  appraiser->release();
  EXPECT_EQ(pair.server.advance(), Outcome::done);
}

TEST_F(Waiting, AVerdictAfterTheDeadlineIsARefusal) {
  attach_both(50ms);
  appraiser->hold = true;
  Pair pair(client.get(), server.get());
  pair.run();
  ASSERT_EQ(pair.server.outcome, Outcome::waits);
  EXPECT_TRUE(readable(descriptor(pair.server), 4s)) << "the deadline wakes too";
  EXPECT_EQ(pair.server.advance(), Outcome::failed);
  appraiser->release();  // too late, and for nobody
  expect_refused(check_open(pair.server.ssl), Errc::timeout, "verdict within 50 ms");
}

TEST_F(Waiting, SlowEvidenceDoesNotBlockEither) {
  attach_both();
  client_device.attester->hold = true;
  Pair pair(client.get(), server.get());
  pair.run();
  ASSERT_EQ(pair.client.outcome, Outcome::waits);
  EXPECT_FALSE(readable(descriptor(pair.client), 0ms));
  client_device.attester->hold = false;
  client_device.attester->release();
  EXPECT_TRUE(readable(descriptor(pair.client), 0ms));
  EXPECT_TRUE(pair.run().both_open()) << pair.client.reason;
}

TEST_F(Waiting, EvidenceAfterTheDeadlineIsNotSent) {
  attach_both(5s, 50ms);
  client_device.attester->hold = true;
  Pair pair(client.get(), server.get());
  pair.run();
  ASSERT_EQ(pair.client.outcome, Outcome::waits);
  EXPECT_TRUE(readable(descriptor(pair.client), 4s));
  EXPECT_EQ(pair.client.advance(), Outcome::failed);
  client_device.attester->release();
  expect_refused(check_open(pair.client.ssl), Errc::timeout, "root of trust");
}

// Without SSL_MODE_ASYNC the thread blocks in the callback, no longer than the deadline.
TEST_F(Waiting, OutsideOfAJobTheThreadBlocks) {
  attach_both();
  appraiser->hold = true;
  Pair pair(client.get(), server.get());
  SSL_clear_mode(pair.server.ssl, SSL_MODE_ASYNC);
  std::jthread verifier([this] {
    for (int i = 0; i < 2000 && !appraiser->release(); ++i) std::this_thread::sleep_for(2ms);
  });
  EXPECT_TRUE(pair.run().both_open()) << pair.server.reason;
}

TEST_F(Waiting, OutsideOfAJobTheDeadlineHolds) {
  attach_both(50ms);
  appraiser->hold = true;
  Pair pair(client.get(), server.get());
  SSL_clear_mode(pair.server.ssl, SSL_MODE_ASYNC);
  pair.run();
  EXPECT_EQ(pair.server.outcome, Outcome::failed);
  expect_refused(check_open(pair.server.ssl), Errc::timeout, "within 50 ms");
  appraiser->release();
}

// ~End() cancels and frees: the sanitizer finds what is left of the job's frames.
TEST_F(Waiting, CancelledConnectionsAreFreedWhole) {
  attach_both();
  appraiser->hold = true;
  for (int i = 0; i < 10; ++i) {
    Pair pair(client.get(), server.get());
    pair.run();
    ASSERT_EQ(SSL_waiting_for_async(pair.server.ssl), 1);
    cancel(pair.server.ssl);
    EXPECT_EQ(SSL_waiting_for_async(pair.server.ssl), 0);
    expect_refused(check_open(pair.server.ssl), Errc::unavailable, "was closed while it waited");
  }
  appraiser->release();
}

TEST_F(Waiting, AVerdictMayComeAfterItsConnectionIsGone) {
  attach_both();
  appraiser->hold = true;
  {
    Pair(client.get(), server.get()).run();
  }
  EXPECT_TRUE(appraiser->release());
}

}  // namespace
}  // namespace credence::channel
