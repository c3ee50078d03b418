// Attacks with real TPM software (libtpms in this process, swtpm beside it): what the owner of a genuine machine can
// do, who has all of its software in his hands and its attestation key under his fingers, but not the key itself.
#include "attack.h"
#include "channel/local_check.h"
#include "channel/result_check.h"
#include "evidence/tpm/check.h"
#include "provider/provider.h"
#include "scene.h"
#include "support/tpm2_device.h"

namespace credence::attack {
namespace {

using test::await;
using test::TpmKind;

const std::vector<std::string> kChannel{std::string(evidence::kParsecTpm)};
const std::vector<std::string> kChallenge{std::string(evidence::kTpmChallenge)};

// The TPM's own evidence, or whatever `change` makes of it.
class TamperedDevice final : public rot::Attester {
 public:
  using Change = std::function<Bytes(Bytes genuine)>;
  TamperedDevice(std::shared_ptr<rot::tpm2::Device> device, Change change)
      : device_(std::move(device)), change_(std::move(change)) {}

  [[nodiscard]] std::vector<std::string> media_types() const override { return device_->media_types(); }
  [[nodiscard]] bool can_bind(crypto::HashAlgorithm hash) const noexcept override { return device_->can_bind(hash); }
  [[nodiscard]] std::shared_ptr<rot::TlsKey> tls_key() const override { return device_->tls_key(); }
  void attest(const rot::Facts& facts, const std::shared_ptr<rot::TlsKey>& key, std::vector<std::string> accept,
              rot::Completion<rot::Evidence> done) override {
    device_->attest(facts, key, std::move(accept),
                    [change = change_, done = std::move(done)](Result<rot::Evidence> made) mutable {
                      if (made) made->value = change(std::move(made->value));
                      done(std::move(made));
                    });
  }

 private:
  std::shared_ptr<rot::tpm2::Device> device_;
  Change change_;
};

struct Machine {
  explicit Machine(TpmKind kind) : tpm(kind) { power_on(); }

  void power_on() { device = tpm.open().value(); }
  // A swtpm only: libtpms keeps its state while the process lives.
  void reboot() {
    device.reset();
    tpm.swtpm().reset();
    power_on();
  }

  [[nodiscard]] ByteView tls_spki() const { return device->tls_key()->public_key().spki(); }
  [[nodiscard]] tpm::KeyFacts attestation_key(tpm::Purpose purpose) const {
    const auto read = await<rot::tpm2::Endorsement>([&](auto done) { device->read_endorsement(std::move(done)); });
    return read.value().attestation_keys.at(purpose == tpm::Purpose::channel ? 0 : 1);
  }
  [[nodiscard]] tpm::Endorsement endorsement() const {
    tpm::Endorsement made;
    made.class_id = EvidenceMaker::class_id();
    made.keys = {attestation_key(tpm::Purpose::channel)};
    made.pcrs = await<tpm::PcrValues>([&](auto done) { device->read_pcrs(tpm.options.pcrs, std::move(done)); }).value();
    return made;
  }
  // Another firmware, or a program that measured what it loads.
  void extend_pcr() const {
    const auto measurement = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes("rootkit")).value();
    EXPECT_TRUE(await<void>([&](auto done) { device->extend_pcr(1, measurement, std::move(done)); }));
  }
  [[nodiscard]] tpm::Bundle bundle(const rot::Facts& facts, const std::vector<std::string>& accept) const {
    const auto made = test::attest(*device, facts, device->tls_key(), accept);
    return tpm::decode_bundle(made.value().value).value();
  }

  test::TpmUnderTest tpm;
  std::shared_ptr<rot::tpm2::Device> device;
};

Demands demands_of(const RelyingParty& relying_party, const tpm::Endorsement& endorsement) {
  Demands demands = relying_party.demands_any();
  demands.pin = {.instances = {endorsement.keys.front().kid}, .names = {}};
  return demands;
}

ContextPtr client_context(const Machine& machine) {
  const auto key = provider::private_key(machine.device->tls_key()).value();
  const auto now = channel::test_time();
  const auto certificate = provider::self_signed_certificate(key.get(), {.common_name = "machine",
                                                                         .dns_names = {},
                                                                         .not_before = now - std::chrono::hours(1),
                                                                         .not_after = now + std::chrono::hours(1)})
                               .value();
  ContextPtr made(SSL_CTX_new(TLS_client_method()));
  EXPECT_EQ(SSL_CTX_use_certificate(made.get(), crypto::native(certificate)), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(made.get(), key.get()), 1);
  return made;
}

Result<void> enter(const Machine& machine, TamperedDevice::Change change, Demands demands) {
  const ContextPtr attacker = client_context(machine);
  const ContextPtr victim = context_of(test::make_key(), TLS_server_method());
  const channel::Offer offer{.attester = std::make_shared<TamperedDevice>(machine.device, std::move(change)),
                             .insecure_to_unverified_servers = true};
  CHECK(channel::attach(attacker.get(), channel::attachment({}, offer)));
  CHECK(channel::attach(victim.get(), channel::attachment(std::move(demands), {})));
  Pair pair(attacker.get(), victim.get());
  SSL_clear_mode(pair.client.ssl, SSL_MODE_ASYNC);  // waits for its TPM
  pair.run();
  return data_flows(pair.server, pair.client);
}

// The machine was healthy when it connected first. Now a PCR tells on it, and its owner shows the evidence of then.
Result<void> replay_after_the_state_changed() {
  const Machine machine(TpmKind::libtpms);
  const RelyingParty relying_party;
  const tpm::Endorsement endorsement = machine.endorsement();
  CHECK(relying_party.endorse(endorsement));
  Bytes recorded;
  CHECK(enter(
      machine, [&](Bytes genuine) { return recorded = std::move(genuine); }, demands_of(relying_party, endorsement)));
  machine.extend_pcr();
  return enter(machine, [&](const Bytes&) { return recorded; }, demands_of(relying_party, endorsement));
}

// He shows what the TPM says today.
Result<void> state_that_changed() {
  const Machine machine(TpmKind::libtpms);
  const RelyingParty relying_party;
  const tpm::Endorsement endorsement = machine.endorsement();
  CHECK(relying_party.endorse(endorsement));
  machine.extend_pcr();
  return enter(machine, [](Bytes genuine) { return genuine; }, demands_of(relying_party, endorsement));
}

// What a relying party does with evidence in its verify step, without a connection around it: these attacks have two
// statements made for the same handshake, with something in between that takes seconds.
Result<void> appraise(const tpm::Bundle& bundle, const rot::HandshakeFacts& facts, ByteView leaf,
                      const Demands& demands) {
  TRY(const auto binder, evidence::handshake_binder(facts.transcript, facts.role, leaf));
  TRY(auto request,
      channel::check_locally(
          {.type = std::string(evidence::kParsecTpm), .value = tpm::encode_bundle(bundle), .indicator = {}}, demands,
          binder, leaf));
  Result<rats::Ear> verdict = fail(Errc::internal, "the appraiser did not answer");
  demands.appraiser->appraise(std::move(request), [&](Result<rats::Ear> ear) { verdict = std::move(ear); });
  TRY(rats::Ear ear, std::move(verdict));
  CHECK(channel::check_result(std::move(ear),
                              {.demands = demands, .binder = binder, .leaf_spki = leaf, .now = channel::test_time()}));
  return {};
}

rot::HandshakeFacts handshake() {
  return {.cipher_suite = 0x1301,  // TLS_AES_128_GCM_SHA256
          .transcript = {crypto::digest(crypto::HashAlgorithm::sha256, as_bytes("ClientHello..ServerHello")).value()},
          .role = evidence::Role::client};
}

// Quoted while it was healthy, certified after it was changed.
Result<void> quote_from_before_the_change() {
  const Machine machine(TpmKind::libtpms);
  const RelyingParty relying_party;
  const tpm::Endorsement endorsement = machine.endorsement();
  CHECK(relying_party.endorse(endorsement));
  const tpm::Bundle healthy = machine.bundle(handshake(), kChannel);
  machine.extend_pcr();
  tpm::Bundle spliced = machine.bundle(handshake(), kChannel);
  spliced.pat = healthy.pat;
  spliced.ext = healthy.ext;
  return appraise(spliced, handshake(), machine.tls_spki(), demands_of(relying_party, endorsement));
}

std::uint64_t clock_of(ByteView certify) { return tpm::decode_certify(certify).value().clock.clock; }

// The key is certified by a changed machine; then it is booted anew, healthy, and quoted. The change is gone from the
// PCRs, and the process that was started with the key in the changed machine may run elsewhere. A TPM whose power was
// cut goes on with a clock that it saved before, which Check::quote_clock would see: he waits until it has caught up.
Result<void> certified_before_a_reboot() {
  Machine machine(TpmKind::swtpm);
  const RelyingParty relying_party;
  const tpm::Endorsement endorsement = machine.endorsement();
  CHECK(relying_party.endorse(endorsement));
  machine.extend_pcr();
  tpm::Bundle spliced = machine.bundle(handshake(), kChannel);
  machine.reboot();
  tpm::Bundle healthy = machine.bundle(handshake(), kChannel);
  while (clock_of(healthy.kat.cert_info) < clock_of(spliced.kat.cert_info)) {
    healthy = machine.bundle(handshake(), kChannel);
  }
  spliced.pat = healthy.pat;
  spliced.ext = healthy.ext;
  return appraise(spliced, handshake(), machine.tls_spki(), demands_of(relying_party, endorsement));
}

// Two TPMs answer the same challenge: the key of the one, the platform of the other. (In a channel the binder covers
// the TLS key, so a quote of the other TPM carries another value in the first place.) Kids are not signed: he writes
// one. A verifier with one key for both halves would refuse the other TPM's signature too, so this one takes each half
// under the key that belongs to it.
Result<void> quote_of_another_tpm() {
  const Machine healthy(TpmKind::swtpm);  // has run for longer: its clock is ahead
  const Machine own(TpmKind::swtpm);
  const rot::ChallengeFacts challenge{.nonce = Nonce(Bytes(32, 0x17))};
  tpm::Bundle spliced = own.bundle(challenge, kChallenge);
  spliced.pat = healthy.bundle(challenge, kChallenge).pat;
  spliced.pat.kid = spliced.kat.kid;
  spliced.ext.reset();

  TRY(const tpm::Statements statements, tpm::decode_statements(tpm::encode_bundle(spliced)));
  const auto key_of = [](const Machine& machine) {
    return tpm::decode_public(machine.attestation_key(tpm::Purpose::challenge).public_area).value().key().value();
  };
  CHECK(tpm::verify(statements.certify_signature, key_of(own), spliced.kat.cert_info));
  CHECK(tpm::verify(statements.quote_signature, key_of(healthy), spliced.pat.attest_info));
  TRY(const auto digest, evidence::challenge_digest(challenge.nonce));
  return tpm::check_statements(statements, digest.view(), Errc::nonce_mismatch);
}

INSTANTIATE_TEST_SUITE_P(
    Tpm, AttackTest,
    testing::Values(Attack{"A4_ReplayAfterTheStateChanged", weak::Check::binder_transcript, Errc::binder_mismatch,
                           "kat.certInfo.extraData", replay_after_the_state_changed},
                    Attack{"R3_StateThatChanged", weak::Check::reference_values, Errc::not_affirming, "PCR 1",
                           state_that_changed},
                    Attack{"Splice_QuoteFromBeforeTheChange", weak::Check::quote_clock, Errc::reset_mismatch,
                           "is older than the certify", quote_from_before_the_change},
                    Attack{"Splice_CertifiedBeforeAReboot", weak::Check::reset_counters, Errc::reset_mismatch,
                           "the TPM was restarted", certified_before_a_reboot, test::Swtpm::available},
                    Attack{"Splice_QuoteOfAnotherTpm", weak::Check::qualified_signer_equality, Errc::signer_mismatch,
                           "pat.attestInfo.qualifiedSigner", quote_of_another_tpm, test::Swtpm::available}),
    name_of);

}  // namespace
}  // namespace credence::attack
