// A15: the verdict takes its time, and the attacker does not wait for it. What he sends meanwhile lies in the victim's
// buffers, decrypted or not, and must not reach the application unless the verdict lets it.
#include "attack.h"
#include "scene.h"
#include "stock_peer.h"

namespace credence::attack {
namespace {

using channel::TestAppraiser;
using Judge = std::function<Result<rats::Ear>(const verifier::AppraisalRequest&)>;

std::shared_ptr<TestAppraiser> slow_verifier(Judge judge) {
  const auto verifier = std::make_shared<TestAppraiser>();
  verifier->judge = std::move(judge);
  verifier->hold = true;
  return verifier;
}

Demands judged_by(Demands demands, const std::shared_ptr<TestAppraiser>& verifier) {
  demands.appraiser = verifier;
  demands.allow_insecure_test_root = true;  // what the stand-in writes into its result
  return demands;
}

Result<rats::Ear> refusal(const verifier::AppraisalRequest& request) {
  rats::Ear ear = channel::affirm(request);
  rats::Submodule& module = ear.submodules.begin()->second;
  module.status = rats::Tier::contraindicated;
  module.policy_claims["problem"] = "this machine is known to be the attacker's";
  return ear;
}

channel::Offer offer_to_anybody(const EvidenceMaker& machine) {
  return {.attester = std::make_shared<Presenter>(machine.tls_key, honest(machine)),
          .insecure_to_unverified_servers = true};
}

// --- The attacker is the server ---

// His flight, and behind its Finished what he wants the client to read. His own gate would not let him.
void send_flight_and_data(End& server) {
  std::array<char, 1> none{};
  std::size_t size = 0;
  ASSERT_EQ(SSL_read_early_data(server.ssl, none.data(), none.size(), &size), SSL_READ_EARLY_DATA_FINISH);
  SSL_set_shutdown(server.ssl, 0);
  ASSERT_EQ(SSL_write_early_data(server.ssl, "order", 5, &size), 1);
}

void hang_up(End& end, End& other) {
  channel::move_octets(end, other);
  BIO_set_mem_eof_return(SSL_get_rbio(other.ssl), 0);
}

// As in the other bypasses, the victim's application left SSL_VERIFY_NONE: OpenSSL does not act on the refusal, so that
// it is the gate that must. `then` is what the attacker does while the verifier thinks.
Result<void> data_ahead_of_a_refusal(const std::function<void(Pair&)>& then) {
  const EvidenceMaker machine;
  const auto verifier = slow_verifier(refusal);
  const ContextPtr attacker = context_of(machine.tls_key, TLS_server_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_client_method());
  CHECK(channel::attach(attacker.get(), channel::attachment({}, offer_to_anybody(machine))));
  CHECK(channel::attach(victim.get(), channel::attachment(judged_by(RelyingParty().demands_any(), verifier), {})));
  Pair pair(victim.get(), attacker.get());
  SSL_set_verify(pair.client.ssl, SSL_VERIFY_NONE, nullptr);
  pair.client.advance();
  channel::move_octets(pair.client, pair.server);
  send_flight_and_data(pair.server);
  channel::move_octets(pair.server, pair.client);
  EXPECT_EQ(pair.client.advance(), channel::Outcome::waits);
  then(pair);
  EXPECT_TRUE(verifier->release());
  pair.client.advance();
  EXPECT_FALSE(channel::peer(pair.client.ssl)) << "a refusal counts as a verdict";
  return data_flows(pair.client, pair.server);
}

Result<void> data_while_the_verdict_is_pending() {
  return data_ahead_of_a_refusal([](Pair&) {});
}

Result<void> data_and_an_early_close() {
  return data_ahead_of_a_refusal([](Pair& pair) { hang_up(pair.server, pair.client); });
}

// --- The attacker is the client ---

// He has finished his side of the handshake, and sends what he wants the server to read. Nothing else is left to come
// from him when the verdict arrives.
Result<void> data_behind_the_finished(const EvidenceMaker& shown, Judge judge) {
  const auto verifier = slow_verifier(std::move(judge));
  const ContextPtr attacker = context_of(shown.tls_key, TLS_client_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_server_method());
  CHECK(channel::attach(attacker.get(), channel::attachment({}, offer_to_anybody(shown))));
  CHECK(channel::attach(victim.get(), channel::attachment(judged_by(RelyingParty().demands_any(), verifier), {})));
  Pair pair(attacker.get(), victim.get());
  pair.run();
  EXPECT_EQ(pair.server.outcome, channel::Outcome::waits);
  EXPECT_EQ(pair.client.write("order"), 5);
  channel::move_octets(pair.client, pair.server);
  EXPECT_EQ(pair.server.advance(), channel::Outcome::waits);
  EXPECT_TRUE(verifier->release());
  pair.run();
  return data_flows(pair.server, pair.client);
}

// The verdict is that of the engine, about a PCR that is not as endorsed.
Result<void> data_ahead_of_an_engines_refusal() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  EvidenceMaker tampered = machine;
  tampered.pcrs[tpm::kAlgSha256][1] = Bytes(32, 0xbb);
  const verifier::Engine engine(relying_party.store, channel::test_clock(), {}, {});
  return data_behind_the_finished(tampered, [&](const auto& request) { return engine.appraise(request); });
}

// He waits until the verifier gives up; perhaps the data goes through then.
Result<void> data_ahead_of_no_verdict() {
  return data_behind_the_finished(
      {}, [](const auto&) -> Result<rats::Ear> { return fail(Errc::unavailable, "the verifier gave no verdict"); });
}

// Passes on what an end has written, up to and with the first encrypted record: the Certificate of a client.
void move_first_encrypted_record(End& from, End& to) {
  constexpr std::size_t kHeader = 5;
  constexpr char kEncrypted = 23;
  char* data = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(SSL_get_wbio(from.ssl), &data));
  std::size_t end = 0;
  for (bool found = false; !found && end + kHeader <= size;) {
    found = data[end] == kEncrypted;
    end += kHeader + static_cast<unsigned char>(data[end + 3]) * 256U + static_cast<unsigned char>(data[end + 4]);
  }
  ASSERT_LE(end, size);
  BIO_write(SSL_get_rbio(to.ssl), data, static_cast<int>(end));
}

// He has the certificate of an endorsed machine and can have it make statements, but he cannot sign with its TLS key.
// He shows both and closes in place of the CertificateVerify. The verdict is affirming, and then nobody is there of
// whom it would speak: an application that asks who its peer is, for its records or for a lease, must not be told.
Result<void> verdict_without_a_proof_of_the_key() {
  const EvidenceMaker machine;
  const auto verifier = slow_verifier(channel::affirm);
  const ContextPtr attacker = context_of(machine.tls_key, TLS_client_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_server_method());
  CHECK(channel::attach(attacker.get(), channel::attachment({}, offer_to_anybody(machine))));
  CHECK(channel::attach(victim.get(), channel::attachment(judged_by(RelyingParty().demands(machine), verifier), {})));
  Pair pair(attacker.get(), victim.get());
  pair.client.advance();
  channel::move_octets(pair.client, pair.server);
  pair.server.advance();
  channel::move_octets(pair.server, pair.client);
  pair.client.advance();
  move_first_encrypted_record(pair.client, pair.server);
  BIO_set_mem_eof_return(SSL_get_rbio(pair.server.ssl), 0);
  EXPECT_EQ(pair.server.advance(), channel::Outcome::waits);
  EXPECT_TRUE(verifier->release());
  EXPECT_EQ(pair.server.advance(), channel::Outcome::failed);
  EXPECT_LE(pair.server.read(), 0);
  return channel::peer(pair.server.ssl).transform([](const channel::PeerAppraisal&) {});
}

// The victim is a server that greets whoever connects, as early as TLS lets it: behind its Finished, before a client
// has said who it is. The attacker offers evidence that he does not have, and reads.
Result<void> greeting_before_the_verdict() {
  const ContextPtr attacker = context_of(test::make_key(), TLS_client_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_server_method());
  StockPeer peer;
  peer.offers = true;
  peer.install(attacker.get());
  CHECK(channel::attach(victim.get(), channel::attachment(RelyingParty().demands_any(), {})));
  Pair pair(attacker.get(), victim.get());
  pair.client.advance();
  channel::move_octets(pair.client, pair.server);
  std::array<char, 1> none{};
  std::size_t size = 0;
  EXPECT_EQ(SSL_read_early_data(pair.server.ssl, none.data(), none.size(), &size), SSL_READ_EARLY_DATA_FINISH);
  const bool written = SSL_write_early_data(pair.server.ssl, "secret", 6, &size) == 1;
  channel::move_octets(pair.server, pair.client);
  pair.client.advance();
  EXPECT_EQ(pair.client.read() == 6, written);
  const Result<void> open = channel::check_open(pair.server.ssl);
  EXPECT_EQ(written, open.has_value());
  return open;
}

INSTANTIATE_TEST_SUITE_P(
    Pending, AttackTest,
    testing::Values(Attack{"A15_DataWhileTheVerdictIsPending", weak::Check::gate, Errc::not_affirming,
                           "known to be the attacker's", data_while_the_verdict_is_pending},
                    Attack{"A15_DataAndAnEarlyClose", weak::Check::gate, Errc::not_affirming,
                           "known to be the attacker's", data_and_an_early_close},
                    Attack{"A15_DataAheadOfARefusal", weak::Check::reference_values, Errc::not_affirming,
                           "pcr_mismatch", data_ahead_of_an_engines_refusal},
                    Attack{"A15_DataAheadOfNoVerdict", weak::Check::error_is_no_pass, Errc::unavailable, "no verdict",
                           data_ahead_of_no_verdict},
                    Attack{"A15_VerdictWithoutAProofOfTheKey", weak::Check::gate, Errc::gate_closed,
                           "before the peer is accepted", verdict_without_a_proof_of_the_key},
                    Attack{"A15_GreetingBeforeTheVerdict", weak::Check::gate, Errc::evidence_missing,
                           "without an affirming verdict", greeting_before_the_verdict}),
    name_of);

}  // namespace
}  // namespace credence::attack
