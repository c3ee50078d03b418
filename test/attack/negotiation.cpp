// Peers that break the rules of the extension: they choose what was not offered, change what they said, or put evidence
// where it does not belong (docs/protocol.md section 3).
//
// Check::offered_scheme denies the attacker something. The others are rules of the protocol: who breaks them gains
// nothing here that he would not have by keeping them, and each is shown to be what stops him.
#include <algorithm>

#include "attack.h"
#include "scene.h"
#include "stock_peer.h"

namespace credence::attack {
namespace {

// Makes two kinds of evidence: for channels, and with another key for challenges.
class AttesterOfTwoKinds final : public rot::Attester {
 public:
  explicit AttesterOfTwoKinds(const EvidenceMaker& machine)
      : presenter_(machine.tls_key, honest(machine)), challenge_(machine) {
    challenge_.attestation_key = test::make_key();
    challenge_.purpose = tpm::Purpose::challenge;
  }
  [[nodiscard]] std::vector<std::string> media_types() const override {
    return {std::string(evidence::kParsecTpm), std::string(evidence::kTpmChallenge)};
  }
  [[nodiscard]] bool can_bind(crypto::HashAlgorithm) const noexcept override { return true; }
  [[nodiscard]] std::shared_ptr<rot::TlsKey> tls_key() const override { return presenter_.tls_key(); }
  void attest(const rot::Facts& facts, const std::shared_ptr<rot::TlsKey>& key, std::vector<std::string> accept,
              rot::Completion<rot::Evidence> done) override {
    if (accept.front() == evidence::kParsecTpm)
      return presenter_.attest(facts, key, std::move(accept), std::move(done));
    done(rot::Evidence{.media_type = accept.front(), .value = challenge_.make()});
  }
  [[nodiscard]] Bytes challenge_kid() const { return challenge_.kid(); }

 private:
  Presenter presenter_;
  EvidenceMaker challenge_;
};

bool contains(const Bytes& octets, const Bytes& part) { return !std::ranges::search(octets, part).empty(); }

// The victim attests itself to servers of its trust store, with its channel key only. The attacker runs one of them. He
// asks for the other kind of evidence: it names the key by which the device is known to verifiers, and he could tell
// there that it is the same device.
Result<void> kind_that_was_not_offered() {
  const EvidenceMaker machine;
  const auto attester = std::make_shared<AttesterOfTwoKinds>(machine);
  const ContextPtr attacker = context_of(test::make_key(), TLS_server_method());
  const ContextPtr victim = context_of(machine.tls_key, TLS_client_method());
  StockPeer peer;
  peer.asks = evidence::kTpmChallenge;
  peer.install(attacker.get());
  SSL_CTX_set_verify(attacker.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  CHECK(channel::attach(victim.get(), channel::attachment({}, channel::Offer{.attester = attester})));
  SSL_CTX_set_verify(victim.get(), SSL_VERIFY_PEER, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(victim.get()), SSL_CTX_get0_certificate(attacker.get()));
  Pair pair(victim.get(), attacker.get());
  pair.run();
  const Result<void> outcome = data_flows(pair.client, pair.server);
  EXPECT_EQ(contains(peer.received, attester->challenge_kid()), outcome.has_value());
  return outcome;
}

// A machine that is genuine and endorsed, driven by the attacker's own TLS.
Result<void> enter_with(StockPeer& peer, const std::function<void(SSL_CTX* attacker, SSL_CTX* victim)>& prepare) {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  const ContextPtr attacker = context_of(machine.tls_key, TLS_client_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_server_method());
  peer.offers = true;
  peer.evidence = honest(machine);
  peer.install(attacker.get());
  CHECK(channel::attach(victim.get(), channel::attachment(relying_party.demands(machine), {})));
  prepare(attacker.get(), victim.get());
  Pair pair(attacker.get(), victim.get());
  pair.run();
  return data_flows(pair.server, pair.client);
}

// His first key share is of a group that the victim does not take: a HelloRetryRequest follows.
void provoke_a_retry(SSL_CTX* attacker, SSL_CTX* victim) {
  EXPECT_EQ(SSL_CTX_set1_groups_list(attacker, "X25519:P-256"), 1);
  EXPECT_EQ(SSL_CTX_set1_groups_list(victim, "P-256"), 1);
}

Result<void> second_hello_with(const std::string& media_type) {
  StockPeer peer;
  peer.then_offers = media_type;
  return enter_with(peer, provoke_a_retry);
}

// Whoever looks at the second ClientHello, with which the connection goes on, sees no offer.
Result<void> offer_taken_back() { return second_hello_with(""); }
Result<void> offer_changed() { return second_hello_with("application/vnd.example.other"); }

// The evidence is right, and stands beside a certificate that is not the one it speaks of.
Result<void> evidence_in_the_second_entry() {
  StockPeer peer;
  peer.entry = 1;
  return enter_with(peer, [](SSL_CTX* attacker, SSL_CTX* victim) {
    SSL_CTX_add1_chain_cert(attacker, SSL_CTX_get0_certificate(victim));
  });
}

INSTANTIATE_TEST_SUITE_P(Negotiation, AttackTest,
                         testing::Values(Attack{"Negotiation_KindThatWasNotOffered", weak::Check::offered_scheme,
                                                Errc::not_offered,
                                                "the peer chose evidence application/vnd.credence.tpm-challenge+cbor",
                                                kind_that_was_not_offered},
                                         Attack{"Rule_OfferTakenBack", weak::Check::hello_changed, Errc::hello_changed,
                                                "in each of 2 ClientHello messages", offer_taken_back},
                                         Attack{"Rule_OfferChanged", weak::Check::hello_changed, Errc::hello_changed,
                                                "differs from that of the first", offer_changed},
                                         Attack{"Rule_EvidenceInTheSecondEntry", weak::Check::misplaced,
                                                Errc::misplaced, "in entry 2", evidence_in_the_second_entry}),
                         name_of);

}  // namespace
}  // namespace credence::attack
