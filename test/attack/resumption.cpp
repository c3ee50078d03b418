// A16 at its edges: data in the first flight, and keys that were agreed on outside of TLS. With both OpenSSL asks
// nobody for a certificate, so that no callback of the attestation ever looks at the peer.
//
// Check::resumption is all that forbids it: the settings of the context, those of each SSL, which take away what the
// application has set since, and the gate, which refuses a resumed session however it came about.
#include "attack.h"
#include "channel/openssl/job_stack.h"
#include "scene.h"

namespace credence::attack {
namespace {

using SessionPtr = crypto::Owned<SSL_SESSION, SSL_SESSION_free>;

Result<void> demand_attestation(const ContextPtr& victim) {
  return channel::attach(victim.get(), channel::attachment(RelyingParty().demands_any(), {}));
}

// --- Sessions of a server that used to demand nothing ---

// As an application sets it up that takes early data.
ContextPtr server_that_resumes() {
  ContextPtr server = context_of(test::make_key(), TLS_server_method());
  constexpr unsigned char kName[] = "server";
  SSL_CTX_set_session_id_context(server.get(), kName, sizeof(kName));
  SSL_CTX_set_max_early_data(server.get(), 1000);
  return server;
}

SessionPtr session_with(const ContextPtr& server, const ContextPtr& client) {
  Pair first(client.get(), server.get());
  first.run();
  first.client.read();
  SessionPtr session(SSL_get1_session(first.client.ssl));
  EXPECT_EQ(SSL_SESSION_is_resumable(session.get()), 1) << "otherwise this tests nothing";
  // A connection that is not closed takes its session with it.
  SSL_shutdown(first.client.ssl);
  SSL_shutdown(first.server.ssl);
  return session;
}

// What the application of a server reads before the handshake is over.
std::string read_early_data(Pair& pair) {
  std::string early;
  for (int round = 0; round < 4; ++round) {
    std::array<char, 64> into{};
    std::size_t size = 0;
    const int state = SSL_read_early_data(pair.server.ssl, into.data(), into.size(), &size);
    if (state == SSL_READ_EARLY_DATA_FINISH) break;
    if (state == SSL_READ_EARLY_DATA_SUCCESS) early.append(into.data(), size);
    channel::move_octets(pair.server, pair.client);
    pair.client.advance();
    channel::move_octets(pair.client, pair.server);
  }
  return early;
}

Result<void> come_back(const ContextPtr& attacker, const ContextPtr& victim, SSL_SESSION* session) {
  Pair pair(attacker.get(), victim.get());
  SSL_set_session(pair.client.ssl, session);
  pair.run();
  const Result<void> outcome = data_flows(pair.server, pair.client);
  EXPECT_EQ(SSL_session_reused(pair.server.ssl), 1) << "otherwise the gate had nothing to refuse";
  return outcome;
}

// The session is older than the demand, and the server still has it: OpenSSL looks into the cache of a context although
// the cache is switched off.
Result<void> session_from_before_the_demand() {
  CHECK(channel::use_guarded_job_stacks());  // before the stock connection starts a job
  const ContextPtr attacker = context_of(test::make_key(), TLS_client_method());
  const ContextPtr victim = server_that_resumes();
  const SessionPtr session = session_with(victim, attacker);
  CHECK(demand_attestation(victim));
  return come_back(attacker, victim, session.get());
}

// The gate decides as soon as data could flow, with early data before the handshake is over. What OpenSSL makes of the
// connection afterwards ends in a failure too, and need not name this reason.
Result<void> with_the_first_reason(Result<void> at_once, Result<void> in_the_end) {
  return !at_once && !in_the_end ? std::move(at_once) : std::move(in_the_end);
}

// `spoil`: what the application of the server does to each connection.
Result<void> send_early_data(const ContextPtr& attacker, const ContextPtr& victim, SSL_SESSION* session,
                             const std::function<void(SSL*)>& spoil) {
  Pair pair(attacker.get(), victim.get());
  spoil(pair.server.ssl);
  SSL_set_session(pair.client.ssl, session);
  std::size_t size = 0;
  EXPECT_EQ(SSL_write_early_data(pair.client.ssl, "order", 5, &size), 1);
  channel::move_octets(pair.client, pair.server);
  const std::string early = read_early_data(pair);
  const Result<void> at_once = channel::check_open(pair.server.ssl);
  pair.run();
  const Result<void> outcome = data_flows(pair.server, pair.client);
  EXPECT_EQ(early, outcome ? "order" : "");
  return with_the_first_reason(at_once, outcome);
}

// He sends his data in the first flight. It would be delivered before there is a handshake of which anybody could say
// that it is refused.
Result<void> early_data() {
  CHECK(channel::use_guarded_job_stacks());
  const ContextPtr attacker = context_of(test::make_key(), TLS_client_method());
  const ContextPtr victim = server_that_resumes();
  const SessionPtr session = session_with(victim, attacker);
  CHECK(demand_attestation(victim));
  return send_early_data(attacker, victim, session.get(), [](SSL*) {});
}

// The application switches it on again, for each connection as it has always done.
void switch_on_early_data(SSL* ssl) {
  SSL_set_max_early_data(ssl, 1000);
  SSL_set_recv_max_early_data(ssl, 1000);
  SSL_set_allow_early_data_cb(ssl, [](SSL*, void*) { return 1; }, nullptr);
}

Result<void> early_data_switched_on() {
  CHECK(channel::use_guarded_job_stacks());
  const ContextPtr attacker = context_of(test::make_key(), TLS_client_method());
  const ContextPtr victim = server_that_resumes();
  const SessionPtr session = session_with(victim, attacker);
  CHECK(demand_attestation(victim));
  return send_early_data(attacker, victim, session.get(), switch_on_early_data);
}

// --- External PSKs ---

// One key for all devices of a group. Of one of them the attacker has it.
SSL_SESSION* group_key(SSL* ssl) {
  constexpr std::array<unsigned char, 48> kKey{0x67, 0x72, 0x6f, 0x75, 0x70};
  constexpr std::array<unsigned char, 2> kAes256GcmSha384{0x13, 0x02};
  SSL_SESSION* session = SSL_SESSION_new();
  SSL_SESSION_set1_master_key(session, kKey.data(), kKey.size());
  SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, kAes256GcmSha384.data()));
  SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
  SSL_SESSION_set_max_early_data(session, 1000);
  return session;
}

int find_group_key(SSL* ssl, const unsigned char*, std::size_t, SSL_SESSION** found) {
  *found = group_key(ssl);
  return 1;
}

int use_group_key(SSL* ssl, const EVP_MD*, const unsigned char** identity, std::size_t* size, SSL_SESSION** used) {
  constexpr static unsigned char kIdentity[] = "group";
  *identity = kIdentity;
  *size = sizeof(kIdentity);
  *used = group_key(ssl);
  return 1;
}

ContextPtr server_of_the_group() {
  ContextPtr made = context_of(test::make_key(), TLS_server_method());
  constexpr unsigned char kName[] = "group";
  SSL_CTX_set_session_id_context(made.get(), kName, sizeof(kName));
  return made;
}
ContextPtr client_of_the_group() { return context_of(test::make_key(), TLS_client_method()); }

void accept_the_group(const ContextPtr& server) { SSL_CTX_set_psk_find_session_callback(server.get(), find_group_key); }
void be_of_the_group(const ContextPtr& client) { SSL_CTX_set_psk_use_session_callback(client.get(), use_group_key); }

Result<void> connect(const ContextPtr& client, const ContextPtr& server, End Pair::* victim, End Pair::* attacker) {
  Pair pair(client.get(), server.get());
  pair.run();
  const Result<void> outcome = data_flows(pair.*victim, pair.*attacker);
  EXPECT_TRUE(!outcome || SSL_session_reused((pair.*victim).ssl) == 1);
  return outcome;
}

// The application took the group's key before it demanded attestation, or so it believes.
Result<void> group_key_at_the_server() {
  const ContextPtr attacker = client_of_the_group();
  const ContextPtr victim = server_of_the_group();
  be_of_the_group(attacker);
  accept_the_group(victim);
  CHECK(demand_attestation(victim));
  return connect(attacker, victim, &Pair::server, &Pair::client);
}

// It does so afterwards: there is no telling from the settings of the context.
Result<void> group_key_set_afterwards() {
  const ContextPtr attacker = client_of_the_group();
  const ContextPtr victim = server_of_the_group();
  be_of_the_group(attacker);
  CHECK(demand_attestation(victim));
  accept_the_group(victim);
  return connect(attacker, victim, &Pair::server, &Pair::client);
}

// The attacker is the server, with the key of the group, and shows no certificate.
Result<void> group_key_at_the_client() {
  const ContextPtr attacker = server_of_the_group();
  const ContextPtr victim = client_of_the_group();
  accept_the_group(attacker);
  CHECK(demand_attestation(victim));
  be_of_the_group(victim);
  return connect(victim, attacker, &Pair::client, &Pair::server);
}

INSTANTIATE_TEST_SUITE_P(
    Resumption, AttackTest,
    testing::Values(Attack{"A16_SessionFromBeforeTheDemand", weak::Check::resumption, Errc::resumed,
                           "need a full handshake", session_from_before_the_demand},
                    Attack{"A16_EarlyData", weak::Check::resumption, Errc::resumed, "need a full handshake",
                           early_data},
                    Attack{"A16_EarlyDataSwitchedOn", weak::Check::resumption, Errc::resumed, "need a full handshake",
                           early_data_switched_on},
                    Attack{"A16_GroupKeyAtTheServer", weak::Check::resumption, Errc::evidence_missing,
                           "offers no attestation", group_key_at_the_server},
                    Attack{"A16_GroupKeySetAfterwards", weak::Check::resumption, Errc::evidence_missing,
                           "offers no attestation", group_key_set_afterwards},
                    Attack{"A16_GroupKeyAtTheClient", weak::Check::resumption, Errc::evidence_missing,
                           "chose no attestation scheme", group_key_at_the_client}),
    name_of);

// The victim sends early data to a server of the group, as its application has always done. Two checks stand in the
// way, and each is enough: an SSL uses no external key, and a client has no gate open before it has an answer.
bool early_data_arrives(const ContextPtr& victim) {
  const ContextPtr attacker = server_of_the_group();
  accept_the_group(attacker);
  SSL_CTX_set_max_early_data(attacker.get(), 1000);
  be_of_the_group(victim);
  Pair pair(victim.get(), attacker.get());
  std::size_t size = 0;
  static_cast<void>(SSL_write_early_data(pair.client.ssl, "secret", 6, &size));
  channel::move_octets(pair.client, pair.server);
  std::array<char, 64> into{};
  return SSL_read_early_data(pair.server.ssl, into.data(), into.size(), &size) == SSL_READ_EARLY_DATA_SUCCESS;
}

TEST(Resumption, A16_NoEarlyDataForTheGroup) {
  ASSERT_TRUE(channel::use_guarded_job_stacks());
  EXPECT_TRUE(early_data_arrives(client_of_the_group())) << "without attestation, or this test shows nothing";
  const ContextPtr victim = client_of_the_group();
  ASSERT_TRUE(demand_attestation(victim));
  EXPECT_FALSE(early_data_arrives(victim));
}

}  // namespace
}  // namespace credence::attack
