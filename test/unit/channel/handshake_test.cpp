// Attested handshakes over stock OpenSSL, in memory.
#include <gtest/gtest.h>

#include "in_memory.h"
#include "support/refusal.h"

namespace credence::channel {
namespace {

using test::expect_refused;

class Handshake : public testing::Test {
 protected:
  // `attesting`: contexts of which the client, the server or both attest to the other.
  void client_attests() {
    ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
    trust(client.get(), server_device);
    SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
    ASSERT_TRUE(attach(server.get(), attachment(demand(client_device, appraiser), {})));
  }
  void server_attests() {
    ASSERT_TRUE(attach(client.get(), attachment(demand(server_device, appraiser), {})));
    ASSERT_TRUE(attach(server.get(), attachment({}, server_device.offer())));
  }
  void both_attest() {
    ASSERT_TRUE(attach(client.get(), attachment(demand(server_device, appraiser), client_device.offer())));
    ASSERT_TRUE(attach(server.get(), attachment(demand(client_device, appraiser), server_device.offer())));
  }
  void expect_server_refuses(Errc code, std::string_view part) {
    Pair pair(client.get(), server.get());
    pair.run();
    EXPECT_EQ(pair.server.outcome, Outcome::failed);
    expect_refused(check_open(pair.server.ssl), code, part);
  }
  void expect_client_refuses(Errc code, std::string_view part) {
    Pair pair(client.get(), server.get());
    pair.run();
    EXPECT_EQ(pair.client.outcome, Outcome::failed);
    expect_refused(check_open(pair.client.ssl), code, part);
  }

  Device client_device;
  Device server_device;
  std::shared_ptr<TestAppraiser> appraiser = std::make_shared<TestAppraiser>();
  ContextPtr client = client_device.context(TLS_client_method());
  ContextPtr server = server_device.context(TLS_server_method());
};

TEST_F(Handshake, ClientAttests) {
  client_attests();
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  const PeerAppraisal known = peer(pair.server.ssl).value();
  EXPECT_EQ(known.kid, client_device.kid());
  EXPECT_EQ(known.binding, Binding::handshake);
  EXPECT_EQ(known.freshness.text(), "session");
  EXPECT_EQ(known.pinned_by, "instance");
  EXPECT_TRUE(equal(known.spki.view(), client_device.key.public_key().spki()));
  EXPECT_EQ(known.verifier, "test");
  expect_refused(peer(pair.client.ssl), Errc::not_found, "demanded no attestation");
  EXPECT_EQ(pair.client.write("hello"), 5);
  move_octets(pair.client, pair.server);
  EXPECT_EQ(pair.server.read(), 5);
}

TEST_F(Handshake, ServerAttests) {
  server_attests();
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  EXPECT_EQ(peer(pair.client.ssl).value().kid, server_device.kid());
}

TEST_F(Handshake, BothAttest) {
  both_attest();
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  EXPECT_EQ(peer(pair.client.ssl).value().kid, server_device.kid());
  EXPECT_EQ(peer(pair.server.ssl).value().kid, client_device.kid());
  EXPECT_EQ(appraiser->asked, 2);
}

// Until the next handshake starts the gate stands as the last peer left it: that says nothing of the next one.
TEST_F(Handshake, VouchesForNobodyAfterSslClear) {
  both_attest();
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  ASSERT_TRUE(peer(pair.client.ssl));
  for (End* end : {&pair.client, &pair.server}) {
    ASSERT_EQ(SSL_clear(end->ssl), 1);
    expect_refused(check_open(end->ssl), Errc::gate_closed, "before the handshake");
    expect_refused(peer(end->ssl), Errc::gate_closed, "before the handshake");
    end->outcome = Outcome::wants;
  }
  EXPECT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  EXPECT_TRUE(peer(pair.client.ssl));
}

int switch_context(SSL* ssl, int*, void* context) {
  SSL_set_SSL_CTX(ssl, static_cast<SSL_CTX*>(context));
  return SSL_TLSEXT_ERR_OK;
}

// The demands of both contexts hold; the chain is verified once, for OpenSSL does it only once.
TEST_F(Handshake, ServernameSwitchesBetweenContextsThatBothVerifyTheChain) {
  const auto named = [this](const char* name) {
    Demands demands = demand(client_device, appraiser);
    demands.attestation_only = false;
    demands.pin = {.instances = {}, .names = {name}};
    return attachment(std::move(demands), {});
  };
  ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
  trust(client.get(), server_device);
  SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  ASSERT_TRUE(attach(server.get(), named("peer.example")));
  struct Case {
    const char* name;
    bool trusted;
    std::optional<Errc> refused;
  };
  for (const auto& [name, trusted, refused] :
       {Case{"peer.example", true, {}}, Case{"other.example", true, Errc::wrong_peer},
        Case{"peer.example", false, Errc::untrusted_chain}}) {
    const ContextPtr other = server_device.context(TLS_server_method());
    ASSERT_TRUE(attach(other.get(), named(name)));
    if (trusted) trust(other.get(), client_device);
    SSL_CTX_set_tlsext_servername_callback(server.get(), switch_context);
    SSL_CTX_set_tlsext_servername_arg(server.get(), other.get());
    Pair pair(client.get(), server.get());
    SSL_set_tlsext_host_name(pair.client.ssl, "peer.example");
    std::vector<std::string> peers;  // as the appraiser hears of them
    appraiser->judge = [&peers](const verifier::AppraisalRequest& request) {
      peers.push_back(request.peer);
      return affirm(request);
    };
    pair.run();
    if (refused) {
      expect_refused(check_open(pair.server.ssl), *refused, "");
    } else {
      EXPECT_TRUE(check_open(pair.server.ssl)) << pair.server.reason;
      EXPECT_EQ(peers, std::vector<std::string>(2, "peer.example"));
    }
  }
}

// Without a chain nobody vouches for a name: policies hear of none.
TEST_F(Handshake, APeerWithoutAChainHasNoName) {
  std::optional<std::string> peer;
  appraiser->judge = [&peer](const verifier::AppraisalRequest& request) {
    peer = request.peer;
    return affirm(request);
  };
  client_attests();
  Pair pair(client.get(), server.get());
  EXPECT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  EXPECT_EQ(peer, "");
}

struct Heard {
  int handshake = 0;
  int headers = 0;
};

void listen_to(int, int, int content_type, const void*, std::size_t, SSL*, void* argument) {
  auto& heard = *static_cast<Heard*>(argument);
  if (content_type == SSL3_RT_HANDSHAKE) ++heard.handshake;
  if (content_type == SSL3_RT_HEADER) ++heard.headers;
}

TEST_F(Handshake, PassesMessagesOnToTheApplicationsCallback) {
  Heard heard;
  ASSERT_TRUE(attach(client.get(), attachment(demand(server_device, appraiser), {}),
                     {.callback = listen_to, .argument = &heard}));
  ASSERT_TRUE(attach(server.get(), attachment({}, server_device.offer())));
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  EXPECT_GE(heard.handshake, 7) << "ClientHello to both Finished";
  EXPECT_GT(heard.headers, 0);
}

// A KeyUpdate is no second handshake: it must neither close the gate nor open it again.
TEST_F(Handshake, StaysOpenAcrossKeyUpdates) {
  both_attest();
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  ASSERT_EQ(SSL_key_update(pair.client.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
  EXPECT_EQ(pair.client.write("ping"), 4);
  move_octets(pair.client, pair.server);
  EXPECT_EQ(pair.server.read(), 4);
  EXPECT_EQ(pair.server.write("pong"), 4);
  move_octets(pair.server, pair.client);
  EXPECT_EQ(pair.client.read(), 4);
  EXPECT_TRUE(check_open(pair.client.ssl));
  EXPECT_TRUE(check_open(pair.server.ssl));
}

TEST_F(Handshake, GoesThroughAHelloRetryRequest) {
  both_attest();
  ASSERT_EQ(SSL_CTX_set1_groups_list(client.get(), "X25519:P-256"), 1);
  ASSERT_EQ(SSL_CTX_set1_groups_list(server.get(), "P-256"), 1);
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
}

TEST_F(Handshake, BindsWithSha384) {
  both_attest();
  ASSERT_EQ(SSL_CTX_set_ciphersuites(client.get(), "TLS_AES_256_GCM_SHA384"), 1);
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  EXPECT_EQ(octets_of(evidence::Binder::from_wire({})).size(), 32U);
  EXPECT_EQ(peer(pair.client.ssl).value().ear.nonce->size(), 48U);
}

TEST_F(Handshake, OffersOnlySuitesThatTheRootCanBind) {
  client_device.attester->only = crypto::HashAlgorithm::sha256;
  both_attest();
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open());
  EXPECT_STRNE(SSL_get_cipher_name(pair.client.ssl), "TLS_AES_256_GCM_SHA384");
}

TEST_F(Handshake, RefusesAClientThatOffersNothing) {
  ASSERT_TRUE(attach(server.get(), attachment(demand(client_device, appraiser), {})));
  expect_server_refuses(Errc::evidence_missing, "offers no attestation");
}

TEST_F(Handshake, RefusesAServerThatDoesNotAttest) {
  ASSERT_TRUE(attach(client.get(), attachment(demand(server_device, appraiser), {})));
  expect_client_refuses(Errc::evidence_missing, "does not attest itself");
}

TEST_F(Handshake, RefusesWithoutACommonScheme) {
  ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
  Demands demands = demand(client_device, appraiser);
  demands.allow_insecure_test_root = false;
  ASSERT_TRUE(attach(server.get(), attachment(demands, {})));
  expect_server_refuses(Errc::no_common_scheme, "offers none of the kinds");
}

TEST_F(Handshake, RefusesAPeerThatTheVerifierDoesNotAffirm) {
  client_attests();
  appraiser->judge = [](const auto& request) {
    rats::Ear ear = affirm(request);
    ear.submodules.begin()->second.status = rats::Tier::contraindicated;
    ear.submodules.begin()->second.policy_claims["problem"] = "PCR 0 differs";
    return ear;
  };
  expect_server_refuses(Errc::not_affirming, "PCR 0 differs");
}

// Attack A19: what could not be decided is refused.
TEST_F(Handshake, RefusesWhenTheVerifierFails) {
  client_attests();
  appraiser->judge = [](const auto&) -> Result<rats::Ear> { return fail(Errc::unavailable, "connection refused"); };
  expect_server_refuses(Errc::unavailable, "connection refused");
}

// Attack A2.
TEST_F(Handshake, RefusesAnotherInstance) {
  const Device other;
  ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
  trust(client.get(), server_device);
  SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  ASSERT_TRUE(attach(server.get(), attachment(demand(other, appraiser), {})));
  expect_server_refuses(Errc::wrong_peer, "expected instance");
}

// Attack A4: the evidence is that of an earlier handshake.
TEST_F(Handshake, RefusesEvidenceOfAnotherHandshake) {
  client_attests();
  std::optional<Bytes> recorded;
  client_device.attester->change = [&recorded](rot::Evidence& made) {
    if (!recorded) recorded = made.value;
    made.value = *recorded;
  };
  Pair first(client.get(), server.get());
  ASSERT_TRUE(first.run().both_open());
  appraiser->asked = 0;
  expect_server_refuses(Errc::binder_mismatch, "");
  EXPECT_EQ(appraiser->asked, 0) << "bad evidence is refused before a verifier is asked";
}

// Attack A3: both ends present one key.
TEST_F(Handshake, RefusesThisSidesOwnKey) {
  server = client_device.context(TLS_server_method());
  ASSERT_TRUE(attach(client.get(), attachment(demand(client_device, appraiser), client_device.offer())));
  ASSERT_TRUE(attach(server.get(), attachment(demand(client_device, appraiser), client_device.offer())));
  expect_client_refuses(Errc::reflection, "own TLS key");
}

TEST_F(Handshake, RefusesALargerEvidenceBeforeItIsSent) {
  client_attests();
  client_device.attester->change = [](rot::Evidence& made) { made.value.resize(70'000); };
  Pair pair(client.get(), server.get());
  pair.run();
  EXPECT_EQ(pair.client.outcome, Outcome::failed);
  expect_refused(check_open(pair.client.ssl), Errc::too_large, "70");
}

TEST_F(Handshake, GivesNoEvidenceToAServerThatWasNotVerified) {
  ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
  ASSERT_TRUE(attach(server.get(), attachment(demand(client_device, appraiser), {})));
  Pair pair(client.get(), server.get());
  pair.run();
  EXPECT_EQ(pair.client.outcome, Outcome::failed);
  expect_refused(check_open(pair.client.ssl), Errc::untrusted_chain, "gets no evidence");
  EXPECT_EQ(client_device.attester->asked, 0);
}

TEST_F(Handshake, DemandsAChainUnlessAttestationOnly) {
  Demands demands = demand(server_device, appraiser);
  demands.attestation_only = false;
  demands.pin.names = {"peer.example"};
  ASSERT_TRUE(attach(server.get(), attachment({}, server_device.offer())));
  ASSERT_TRUE(attach(client.get(), attachment(demands, {})));
  expect_client_refuses(Errc::untrusted_chain, "chain");
  trust(client.get(), server_device);
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason;
  EXPECT_EQ(peer(pair.client.ssl).value().pinned_by, "instance and name");
}

TEST_F(Handshake, ChecksThePinnedName) {
  Demands demands = demand(server_device, appraiser);
  demands.attestation_only = false;
  demands.pin.names = {"another.example"};
  ASSERT_TRUE(attach(server.get(), attachment({}, server_device.offer())));
  ASSERT_TRUE(attach(client.get(), attachment(demands, {})));
  trust(client.get(), server_device);
  expect_client_refuses(Errc::wrong_peer, "another.example");
}

TEST_F(Handshake, IsMadeAnewAfterSslClear) {
  server_attests();
  Pair pair(client.get(), server.get());
  ASSERT_TRUE(pair.run().both_open());
  for (SSL* ssl : {pair.client.ssl, pair.server.ssl}) {
    ASSERT_EQ(SSL_set_session(ssl, nullptr), 1);
    ASSERT_EQ(SSL_clear(ssl), 1);
    SSL_set_mode(ssl, SSL_MODE_ASYNC);
  }
  pair.client.outcome = pair.server.outcome = Outcome::wants;
  appraiser->asked = 0;
  ASSERT_TRUE(pair.run().both_open()) << pair.client.reason << pair.server.reason;
  EXPECT_EQ(appraiser->asked, 1);
}

}  // namespace
}  // namespace credence::channel
