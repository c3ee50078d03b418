// A2, A3: an honest machine's evidence, and still not the machine that is meant.
#include "attack.h"
#include "scene.h"
#include "stock_peer.h"

namespace credence::attack {
namespace {

// The attacker sends the relying party to another machine: endorsed, healthy, the same software. It may be one that he
// rents, and where he sees what goes in.
Result<void> diversion_to_a_twin() {
  const EvidenceMaker meant;
  const EvidenceMaker other;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(meant));
  CHECK(relying_party.endorse(other));
  return enter_as_server(other.tls_key, honest(other), relying_party.demands(meant));
}

// The victim attests itself and demands attestation. Its TLS key leaked; the attacker has no machine at all. He sends
// the victim's own evidence back to it: the handshake is the same, the key is the same, so the binder is good, for the
// binder has no role label. A pin of other instances would stop it too, so the victim takes any of its class.
Result<void> reflection_of_the_victims_evidence() {
  const EvidenceMaker victim_machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(victim_machine));
  const crypto::PrivateKey& key = victim_machine.tls_key;
  const ContextPtr victim = context_of(key, TLS_server_method());
  const channel::Offer offer{.attester = std::make_shared<Presenter>(key, honest(victim_machine))};
  CHECK(channel::attach(victim.get(), channel::attachment(relying_party.demands_any(), offer)));

  StockPeer echo;
  echo.offers = true;
  echo.answer = [&echo] { return echo.received; };
  const ContextPtr attacker = context_of(key, TLS_client_method());
  echo.install(attacker.get());
  Pair pair(attacker.get(), victim.get());
  pair.run();
  return data_flows(pair.server, pair.client);
}

INSTANTIATE_TEST_SUITE_P(Diversion, AttackTest,
                         testing::Values(Attack{"A2_DiversionToATwin", weak::Check::peer_pin, Errc::wrong_peer,
                                                "expected instance", diversion_to_a_twin},
                                         Attack{"A3_ReflectionOfTheVictimsEvidence", weak::Check::reflection,
                                                Errc::reflection, "own TLS key", reflection_of_the_victims_evidence}),
                         name_of);

}  // namespace
}  // namespace credence::attack
