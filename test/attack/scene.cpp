#include "scene.h"

#include <thread>

#include "evidence/binding/binder.h"
#include "rot/software/tls_key.h"

namespace credence::attack {

Presenter::Presenter(const crypto::PrivateKey& key, Make make, std::string_view media_type)
    : key_(rot::software::SoftwareTlsKey::create(key).value()), make_(std::move(make)), media_type_(media_type) {}

void Presenter::attest(const rot::Facts& facts, const std::shared_ptr<rot::TlsKey>&, std::vector<std::string>,
                       rot::Completion<rot::Evidence> done) {
  const auto& handshake = std::get<rot::HandshakeFacts>(facts);
  const auto binder = evidence::handshake_binder(handshake.transcript, handshake.role, key_->public_key().spki());
  done(rot::Evidence{.media_type = media_type_, .value = make_(binder.value().view())});
}

Presenter::Make honest(const EvidenceMaker& machine) {
  return [machine](ByteView binder) {
    EvidenceMaker asked = machine;
    asked.extra_data = to_bytes(binder);
    return asked.make();
  };
}

Result<void> RelyingParty::endorse(const EvidenceMaker& machine) const { return endorse(machine.endorsement()); }

Result<void> RelyingParty::endorse(const evidence::tpm::Endorsement& endorsement) const {
  for (const auto& corim : {evidence::tpm::veraison_corim(endorsement), evidence::tpm::keys_corim(endorsement)}) {
    const auto id = as_bytes(std::get<std::string>(corim.value().id));
    CHECK(store->submit(*corim, id));
  }
  return {};
}

std::shared_ptr<verifier::Appraiser> RelyingParty::verifier() const {
  return verifier::local_appraiser(std::make_shared<verifier::Engine>(
      store, channel::test_clock(), policy,
      verifier::Engine::Identity{.developer = "Credence", .build = "attack test", .issuer = {}}, policies));
}

Demands RelyingParty::demands(const EvidenceMaker& machine) const {
  Demands demands = demands_any();
  demands.pin = {.instances = {Kid(machine.kid())}, .names = {}};
  return demands;
}

Demands RelyingParty::demands_any() const {
  return {.appraiser = verifier(),
          .pin = {.instances = {}, .names = {}, .any_of_class = true},
          .attestation_only = true,
          .verdict_deadline = std::chrono::seconds(5)};
}

ContextPtr context_of(const crypto::PrivateKey& key, const SSL_METHOD* method) {
  const auto now = channel::test_time();
  const auto certificate = crypto::self_sign(key, {.common_name = "peer",
                                                   .dns_names = {"peer.example"},
                                                   .not_before = now - std::chrono::hours(1),
                                                   .not_after = now + std::chrono::hours(1)})
                               .value();
  ContextPtr made(SSL_CTX_new(method));
  EXPECT_EQ(SSL_CTX_use_certificate(made.get(), crypto::native(certificate)), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(made.get(), crypto::native(key)), 1);
  SSL_CTX_set_min_proto_version(made.get(), TLS1_3_VERSION);
  return made;
}

namespace {

// The attacker sends evidence to anybody.
channel::Offer offer_of(std::shared_ptr<rot::Attester> attester) {
  return {.attester = std::move(attester), .insecure_to_unverified_servers = true};
}

}  // namespace

Result<void> enter_as_client(const crypto::PrivateKey& key, std::shared_ptr<rot::Attester> attester, Demands demands) {
  const ContextPtr attacker = context_of(key, TLS_client_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_server_method());
  CHECK(channel::attach(attacker.get(), channel::attachment({}, offer_of(std::move(attester)))));
  CHECK(channel::attach(victim.get(), channel::attachment(std::move(demands), {})));
  Pair pair(attacker.get(), victim.get());
  // The verifier may be another process; its deadline ends the loop.
  while (pair.run().server.outcome == channel::Outcome::waits)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return data_flows(pair.server, pair.client);
}

Result<void> enter_as_client(const crypto::PrivateKey& key, Presenter::Make make, Demands demands,
                             std::string_view media_type) {
  return enter_as_client(key, std::make_shared<Presenter>(key, std::move(make), media_type), std::move(demands));
}

Result<void> enter_as_server(const crypto::PrivateKey& key, Presenter::Make make, Demands demands) {
  const ContextPtr attacker = context_of(key, TLS_server_method());
  const ContextPtr victim = context_of(test::make_key(), TLS_client_method());
  const auto presenter = std::make_shared<Presenter>(key, std::move(make));
  CHECK(channel::attach(attacker.get(), channel::attachment({}, offer_of(presenter))));
  CHECK(channel::attach(victim.get(), channel::attachment(std::move(demands), {})));
  Pair pair(victim.get(), attacker.get());
  pair.run();
  return data_flows(pair.client, pair.server);
}

Result<void> data_flows(End& victim, End& attacker) {
  const Result<void> open = channel::check_open(victim.ssl);
  const int sent = victim.write("secret");
  attacker.write("order");
  channel::move_octets(attacker, victim);
  const int received = victim.read();
  if (open) {
    EXPECT_EQ(sent, 6) << victim.reason;
    EXPECT_EQ(received, 5) << victim.reason;
  } else {
    EXPECT_LE(sent, 0) << "refused, and yet data left";
    EXPECT_LE(received, 0) << "refused, and yet data was delivered";
  }
  return open;
}

Bytes evidence_given_to_the_attacker(const EvidenceMaker& machine) {
  Bytes collected;
  const auto collector = std::make_shared<channel::TestAppraiser>();
  collector->judge = [&collected](const verifier::AppraisalRequest& request) -> Result<rats::Ear> {
    collected = request.evidence;
    return fail(Errc::unavailable, "the attacker has what he wanted");
  };
  Demands demands = RelyingParty().demands_any();
  demands.appraiser = collector;
  EXPECT_FALSE(enter_as_client(machine.tls_key, honest(machine), std::move(demands)));
  EXPECT_FALSE(collected.empty());
  return collected;
}

}  // namespace credence::attack
