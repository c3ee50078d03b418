// A18, A19: no verdict at all. The attacker sends nothing, or sees to it that nothing can be decided.
#include "attack.h"
#include "scene.h"
#include "stock_peer.h"

namespace credence::attack {
namespace {

Result<void> stock_server(StockPeer& peer) {
  const ContextPtr attacker = context_of(test::make_key(), TLS_server_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_client_method());
  peer.install(attacker.get());
  CHECK(channel::attach(victim.get(), channel::attachment(RelyingParty().demands_any(), {})));
  Pair pair(victim.get(), attacker.get());
  pair.run();
  return data_flows(pair.client, pair.server);
}

// An ordinary server, or one whose extension was deleted on the way.
Result<void> server_that_says_nothing() {
  StockPeer peer;
  return stock_server(peer);
}

// It agrees to attest itself, and then does not.
Result<void> server_that_promises_and_sends_nothing() {
  StockPeer peer;
  peer.chooses = true;
  return stock_server(peer);
}

Result<void> client_that_promises_and_sends_nothing() {
  StockPeer peer;
  peer.offers = true;
  const ContextPtr attacker = context_of(test::make_key(), TLS_client_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_server_method());
  peer.install(attacker.get());
  CHECK(channel::attach(victim.get(), channel::attachment(RelyingParty().demands_any(), {})));
  Pair pair(attacker.get(), victim.get());
  pair.run();
  return data_flows(pair.server, pair.client);
}

// The attacker has no evidence that a verifier would affirm; he makes the verifier fail instead: cuts it off, fills its
// queue or its disk.
std::function<Result<void>()> verifier_that_fails(Errc code) {
  return [code] {
    const EvidenceMaker forged;
    const auto verifier = std::make_shared<channel::TestAppraiser>();
    verifier->judge = [code](const verifier::AppraisalRequest&) -> Result<rats::Ear> {
      return fail(code, "the verifier gave no verdict");
    };
    Demands demands = RelyingParty().demands_any();
    demands.appraiser = verifier;
    return enter_as_client(forged.tls_key, honest(forged), std::move(demands));
  };
}

INSTANTIATE_TEST_SUITE_P(
    Stripping, AttackTest,
    testing::Values(Attack{"A18_ServerThatSaysNothing", weak::Check::missing_evidence, Errc::evidence_missing,
                           "chose no attestation scheme", server_that_says_nothing},
                    Attack{"A18_ServerThatPromisesAndSendsNothing", weak::Check::missing_evidence,
                           Errc::evidence_missing, "sent no evidence", server_that_promises_and_sends_nothing},
                    Attack{"A18_ClientThatPromisesAndSendsNothing", weak::Check::missing_evidence,
                           Errc::evidence_missing, "carries no evidence", client_that_promises_and_sends_nothing},
                    Attack{"A19_VerifierCutOff", weak::Check::error_is_no_pass, Errc::unavailable, "no verdict",
                           verifier_that_fails(Errc::unavailable)},
                    Attack{"A19_VerifierTooSlow", weak::Check::error_is_no_pass, Errc::timeout, "no verdict",
                           verifier_that_fails(Errc::timeout)},
                    Attack{"A19_VerifierOverloaded", weak::Check::error_is_no_pass, Errc::busy, "no verdict",
                           verifier_that_fails(Errc::busy)},
                    Attack{"A19_VerifierWithoutItsStore", weak::Check::error_is_no_pass, Errc::io, "no verdict",
                           verifier_that_fails(Errc::io)}),
    name_of);

}  // namespace
}  // namespace credence::attack
