// A15, A16 and the ways around OpenSSL's callbacks (docs/protocol.md 1.9): nobody looked at the peer, and the handshake
// is complete all the same. Only the gate is left.
//
// Most of them take an application that helps without meaning to: it sets a callback or a mode of its own after
// attach(). The attacker's end is a stock OpenSSL that attests nothing. Check::gate is all that the gate does: it puts
// SSL_VERIFY_PEER back on each connection, holds writes back, and opens only for a verdict.
#include <openssl/err.h>

#include "attack.h"
#include "channel/openssl/job_stack.h"
#include "scene.h"
#include "stock_peer.h"

namespace credence::attack {
namespace {

struct Bypass {
  crypto::PrivateKey attacker_key = test::make_key();
  crypto::PrivateKey victim_key = test::make_key();

  [[nodiscard]] static Result<void> demand_attestation(SSL_CTX* victim) {
    return channel::attach(victim, channel::attachment(RelyingParty().demands_any(), {}));
  }
};

// A client that demands attestation goes to the attacker; `before` and `spoil` are what its application does to the
// context after attach(), and to the connection before the handshake.
Result<void> client_goes_to_the_attacker(const std::function<void(SSL_CTX*)>& before,
                                         const std::function<void(SSL*)>& spoil) {
  const Bypass ends;
  const ContextPtr attacker = context_of(ends.attacker_key, TLS_server_method());
  const ContextPtr victim = context_of(ends.victim_key, TLS_client_method());
  CHECK(Bypass::demand_attestation(victim.get()));
  before(victim.get());
  Pair pair(victim.get(), attacker.get());
  spoil(pair.client.ssl);
  pair.run();
  return data_flows(pair.client, pair.server);
}

void leave(SSL_CTX*) {}
void verify_nobody(SSL* ssl) { SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr); }

// The verify step finds no evidence, and OpenSSL goes on: in this mode a client does not act on it.
Result<void> verify_none() { return client_goes_to_the_attacker(leave, verify_nobody); }

// The transcript is never fed: no binder could be computed.
Result<void> replaced_message_callback() {
  return client_goes_to_the_attacker(
      [](SSL_CTX* victim) {
        SSL_CTX_set_msg_callback(victim, [](int, int, int, const void*, std::size_t, SSL*, void*) {});
      },
      verify_nobody);
}

// The hook that sees the end of the handshake is gone from the context: the one on the connection must do.
Result<void> replaced_info_callback() {
  return client_goes_to_the_attacker(
      [](SSL_CTX* victim) { SSL_CTX_set_info_callback(victim, [](const SSL*, int, int) {}); }, verify_nobody);
}

Result<void> info_callback_on_the_connection() {
  return client_goes_to_the_attacker(leave, [](SSL* ssl) {
    SSL_set_info_callback(ssl, [](const SSL*, int, int) {});
    verify_nobody(ssl);
  });
}

// The attacker is the server's client. SSL_VERIFY_PEER without FAIL_IF_NO_PEER_CERT lets an empty Certificate pass, and
// then OpenSSL calls no verify callback. Attached, the connection puts the mode back, and OpenSSL itself refuses: the
// gate never opens, and has no reason of its own to give.
Result<void> empty_certificate() {
  StockPeer peer;
  peer.offers = true;
  const Bypass ends;
  const ContextPtr attacker(SSL_CTX_new(TLS_client_method()));
  const ContextPtr victim = context_of(ends.victim_key, TLS_server_method());
  peer.install(attacker.get());
  CHECK(Bypass::demand_attestation(victim.get()));
  Pair pair(attacker.get(), victim.get());
  SSL_set_verify(pair.server.ssl, SSL_VERIFY_PEER, nullptr);
  pair.run();
  return data_flows(pair.server, pair.client);
}

int switch_context(SSL* ssl, int*, void* other) {
  SSL_set_SSL_CTX(ssl, static_cast<SSL_CTX*>(other));
  return SSL_TLSEXT_ERR_OK;
}

// The attacker asks for a name for which the application has another context. His certificate is good there.
Result<void> name_of_a_context_without_demands() {
  const Bypass ends;
  const ContextPtr attacker = context_of(ends.attacker_key, TLS_client_method());
  const ContextPtr victim = context_of(ends.victim_key, TLS_server_method());
  const ContextPtr plain = context_of(ends.victim_key, TLS_server_method());
  CHECK(Bypass::demand_attestation(victim.get()));
  SSL_CTX_set_tlsext_servername_callback(victim.get(), switch_context);
  SSL_CTX_set_tlsext_servername_arg(victim.get(), plain.get());
  X509_STORE_add_cert(SSL_CTX_get_cert_store(plain.get()), SSL_CTX_get0_certificate(attacker.get()));
  Pair pair(attacker.get(), victim.get());
  SSL_set_tlsext_host_name(pair.client.ssl, "plain.example");
  pair.run();
  return data_flows(pair.server, pair.client);
}

// The other way round: the context that demands is switched to when the connection is already there, with the verify
// mode of the plain one.
Result<void> name_of_a_context_with_demands() {
  const Bypass ends;
  const ContextPtr attacker = context_of(ends.attacker_key, TLS_client_method());
  const ContextPtr victim = context_of(ends.victim_key, TLS_server_method());
  const ContextPtr plain = context_of(ends.victim_key, TLS_server_method());
  CHECK(Bypass::demand_attestation(victim.get()));
  SSL_CTX_set_tlsext_servername_callback(plain.get(), switch_context);
  SSL_CTX_set_tlsext_servername_arg(plain.get(), victim.get());
  Pair pair(attacker.get(), plain.get());
  SSL_set_tlsext_host_name(pair.client.ssl, "attested.example");
  pair.run();
  return data_flows(pair.server, pair.client);
}

// The victim once spoke to this server without attestation, and its application kept the session. The server would
// resume it: no certificate is sent then, and no callback looks at anything. Attached, the client does not offer it,
// and the full handshake that follows shows that the attacker attests nothing.
Result<void> resumed_session() {
  CHECK(channel::use_guarded_job_stacks());  // before the stock connection below starts a job
  const Bypass ends;
  const ContextPtr attacker = context_of(ends.attacker_key, TLS_server_method());
  const ContextPtr before = context_of(ends.victim_key, TLS_client_method());
  Pair first(before.get(), attacker.get());
  first.run();
  first.client.read();
  const crypto::Owned<SSL_SESSION, SSL_SESSION_free> session(SSL_get1_session(first.client.ssl));
  EXPECT_EQ(SSL_SESSION_is_resumable(session.get()), 1) << "otherwise this tests nothing";

  const ContextPtr victim = context_of(ends.victim_key, TLS_client_method());
  CHECK(Bypass::demand_attestation(victim.get()));
  Pair pair(victim.get(), attacker.get());
  EXPECT_EQ(SSL_set_session(pair.client.ssl, session.get()), 1);
  pair.run();
  const Result<void> outcome = data_flows(pair.client, pair.server);
  EXPECT_EQ(SSL_session_reused(pair.client.ssl), outcome ? 1 : 0);
  return outcome;
}

// A server certificate that was compressed in advance goes out without its extensions: OpenSSL drops the evidence of an
// honest server, and whoever takes that for "no evidence, no problem" lets everybody in.
Result<void> certificate_compressed_in_advance() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  const ContextPtr server = context_of(machine.tls_key, TLS_server_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_client_method());
  const channel::Offer offer{.attester = std::make_shared<Presenter>(machine.tls_key, honest(machine))};
  CHECK(channel::attach(server.get(), channel::attachment({}, offer)));
  CHECK(channel::attach(victim.get(), channel::attachment(relying_party.demands_any(), {})));
  SSL_CTX_clear_options(server.get(), SSL_OP_NO_TX_CERTIFICATE_COMPRESSION);
  SSL_CTX_clear_options(victim.get(), SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
  EXPECT_EQ(SSL_CTX_compress_certs(server.get(), 0), 1);
  Pair pair(victim.get(), server.get());
  pair.run();
  return data_flows(pair.client, pair.server);
}

bool can_compress() {
  const ContextPtr context = context_of(test::make_key(), TLS_server_method());
  const bool can = SSL_CTX_compress_certs(context.get(), 0) == 1;
  ERR_clear_error();
  return can;
}

INSTANTIATE_TEST_SUITE_P(
    Bypass, AttackTest,
    testing::Values(
        Attack{"A15_DataWithoutAVerdict", weak::Check::gate, Errc::evidence_missing, "does not attest itself",
               verify_none},
        Attack{"A15_ReplacedMessageCallback", weak::Check::gate, Errc::evidence_missing, "", replaced_message_callback},
        Attack{"A15_ReplacedInfoCallback", weak::Check::gate, Errc::evidence_missing, "", replaced_info_callback},
        Attack{"A15_InfoCallbackOnTheConnection", weak::Check::gate, Errc::evidence_missing, "",
               info_callback_on_the_connection},
        Attack{"A15_EmptyCertificate", weak::Check::gate, Errc::gate_closed, "the gate is closed", empty_certificate},
        Attack{"A15_NameOfAContextWithoutDemands", weak::Check::gate, Errc::evidence_missing,
               "without an affirming verdict", name_of_a_context_without_demands},
        Attack{"A15_NameOfAContextWithDemands", weak::Check::gate, Errc::evidence_missing,
               "without an affirming verdict", name_of_a_context_with_demands},
        Attack{"A16_ResumedSession", weak::Check::resumption, Errc::evidence_missing, "does not attest itself",
               resumed_session},
        Attack{"A18_CertificateCompressedInAdvance", weak::Check::missing_evidence, Errc::evidence_missing,
               "sent no evidence", certificate_compressed_in_advance, can_compress}),
    name_of);

}  // namespace
}  // namespace credence::attack
