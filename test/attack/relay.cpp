// A1, A4: evidence of a genuine machine is presented on another connection.
//
// The attacker holds the machine's TLS key: it leaked. That alone must not be enough to be taken for the machine, since
// what the relying party wants to know is what runs there. Only machines of the endorsed class ever get in.
#include "attack.h"
#include "evidence/binding/binder.h"
#include "scene.h"

namespace credence::attack {
namespace {

// The machine connects to a server of the attacker, who passes its evidence on in a handshake of his own.
// He would read and write in the name of an attested machine.
Result<void> relay_with_leaked_key() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  const Bytes passed_on = evidence_given_to_the_attacker(machine);
  return enter_as_client(machine.tls_key, [&](ByteView) { return passed_on; }, relying_party.demands(machine));
}

// As above, and it is the attacker who is connected to.
Result<void> relay_as_server() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  const Bytes passed_on = evidence_given_to_the_attacker(machine);
  return enter_as_server(machine.tls_key, [&](ByteView) { return passed_on; }, relying_party.demands(machine));
}

// The attacker kept what the machine showed in an accepted connection, and shows it again later, when the machine is
// off or no longer what it was.
Result<void> replay_of_an_accepted_connection() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  Bytes recorded;
  const auto record = [&, make = honest(machine)](ByteView binder) { return recorded = make(binder); };
  CHECK(enter_as_client(machine.tls_key, record, relying_party.demands(machine)));
  return enter_as_client(machine.tls_key, [&](ByteView) { return recorded; }, relying_party.demands(machine));
}

// The verifier as a network attacker makes it appear: he stands between the relying party and it.
Demands with_verdicts(Demands demands, std::function<Result<rats::Ear>(const verifier::AppraisalRequest&)> judge) {
  const auto verifier = std::make_shared<channel::TestAppraiser>();
  verifier->judge = std::move(judge);
  demands.appraiser = verifier;
  return demands;
}

// A forged bundle with the right binder passes every local check: those see no signatures. The attacker answers the
// relying party's request with the verifier's genuine, signed result of an earlier connection.
Result<void> replay_of_a_result() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  rats::Ear recorded;
  const auto record = [&](const verifier::AppraisalRequest& request) { return recorded = channel::affirm(request); };
  Demands demands = relying_party.demands(machine);
  demands.allow_insecure_test_root = true;
  CHECK(enter_as_client(machine.tls_key, honest(machine), with_verdicts(demands, record)));
  EvidenceMaker forged = machine;
  forged.attestation_key = test::make_key();
  return enter_as_client(machine.tls_key, honest(forged),
                         with_verdicts(demands, [&](const auto&) { return recorded; }));
}

// The attacker has a TLS key of his own. He changes the request on its way: the verifier, which like Veraison does not
// compare the nonce of this scheme, appraises genuine evidence of a machine and signs the nonce of this connection.
Result<void> result_about_another_key() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  const Bytes genuine = evidence_given_to_the_attacker(machine);
  EvidenceMaker forged;
  const auto swap_evidence = [&](const verifier::AppraisalRequest& request) {
    return channel::affirm({.media_type = request.media_type, .evidence = genuine, .challenge = request.challenge});
  };
  Demands demands = relying_party.demands(machine);
  demands.allow_insecure_test_root = true;
  return enter_as_client(forged.tls_key, honest(forged), with_verdicts(demands, swap_evidence));
}

// Genuine evidence, passed on live by an attacker with a TLS key of his own. Binder and result stop it as well; here
// the attested process quotes for him (it may use the attestation key), and the verifier speaks of the key that it is
// told, so that only the comparison with the leaf is left.
Result<void> evidence_of_another_key() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  const crypto::PrivateKey own_key = test::make_key();
  const auto speak_of_own_key = [&](const verifier::AppraisalRequest& request) {
    rats::Ear ear = channel::affirm(request);
    ear.submodules.begin()->second.attested_key = to_bytes(own_key.public_key().spki());
    return ear;
  };
  Demands demands = relying_party.demands(machine);
  demands.allow_insecure_test_root = true;
  return enter_as_client(own_key, honest(machine), with_verdicts(demands, speak_of_own_key));
}

// --- Evidence that signs no key ---

// The report of an enclave: what was asked to be reported is signed, the TLS key only stands beside it. The relying
// party cannot read it; its verifier compares what was reported with the binder, and speaks of the key that it finds.
constexpr std::string_view kReportType = "application/vnd.example.enclave-report";
struct Report {
  ByteView signature;
  ByteView tls_key;
};
constexpr std::size_t kSignatureOctets = 64;

Bytes make_report(const EvidenceMaker& machine, ByteView reported, ByteView tls_key) {
  Bytes report = machine.attestation_key.sign(crypto::SignatureAlgorithm::es256, reported).value();
  append(report, tls_key);
  return report;
}

rats::Ear judge_report(const EvidenceMaker& machine, const verifier::AppraisalRequest& request) {
  const ByteView octets(request.evidence);
  const Report report{.signature = octets.first(kSignatureOctets), .tls_key = octets.subspan(kSignatureOctets)};
  const ByteView expected = channel::octets_of(request.challenge);
  const bool good = machine.attestation_key.public_key()
                        .verify(crypto::SignatureAlgorithm::es256, expected, report.signature)
                        .has_value();
  rats::Ear ear;
  ear.issued_at = channel::test_time();
  ear.nonce = to_bytes(expected);
  ear.ueid = machine.kid();
  ear.verifier_developer = "enclave verifier";
  rats::Submodule& module = ear.submodules["ENCLAVE"];
  module.status = good ? rats::Tier::affirming : rats::Tier::contraindicated;
  if (!good) module.policy_claims["problem"] = "the enclave did not report this binder";
  module.attested_key = to_bytes(report.tls_key);
  return ear;
}

// The machine reports for a process of the attacker on it. As every root of trust it takes the transcript of a
// connection and computes the binder itself, with the TLS key that it holds. The attacker holds another one.
class ReportOfAnotherKey final : public rot::Attester {
 public:
  ReportOfAnotherKey(EvidenceMaker machine, const crypto::PrivateKey& own_key)
      : machine_(std::move(machine)), attacker_(own_key, {}) {}
  [[nodiscard]] std::vector<std::string> media_types() const override { return {std::string(kReportType)}; }
  [[nodiscard]] bool can_bind(crypto::HashAlgorithm) const noexcept override { return true; }
  [[nodiscard]] std::shared_ptr<rot::TlsKey> tls_key() const override { return attacker_.tls_key(); }
  void attest(const rot::Facts& facts, const std::shared_ptr<rot::TlsKey>& key, std::vector<std::string>,
              rot::Completion<rot::Evidence> done) override {
    const auto& handshake = std::get<rot::HandshakeFacts>(facts);
    const auto reported =
        evidence::handshake_binder(handshake.transcript, handshake.role, machine_.tls_key.public_key().spki());
    done(rot::Evidence{.media_type = std::string(kReportType),
                       .value = make_report(machine_, reported.value().view(), key->public_key().spki())});
  }

 private:
  EvidenceMaker machine_;
  Presenter attacker_;
};

Result<void> report_of_another_key() {
  const EvidenceMaker machine;
  const crypto::PrivateKey own_key = test::make_key();
  Demands demands = with_verdicts(RelyingParty().demands(machine),
                                  [&](const auto& request) { return judge_report(machine, request); });
  std::static_pointer_cast<channel::TestAppraiser>(demands.appraiser)->types = {std::string(kReportType)};
  demands.enforces_nonce = {std::string(kReportType)};
  return enter_as_client(own_key, std::make_shared<ReportOfAnotherKey>(machine, own_key), std::move(demands));
}

INSTANTIATE_TEST_SUITE_P(
    Relay, AttackTest,
    testing::Values(Attack{"A1_RelayWithLeakedKey", weak::Check::binder_transcript, Errc::binder_mismatch,
                           "kat.certInfo.extraData", relay_with_leaked_key},
                    Attack{"A1_RelayAsServer", weak::Check::binder_transcript, Errc::binder_mismatch,
                           "kat.certInfo.extraData", relay_as_server},
                    Attack{"A1_EvidenceOfAnotherKey", weak::Check::key_equality, Errc::key_mismatch,
                           "not the key of the certificate", evidence_of_another_key},
                    Attack{"A1_ReportOfAnotherKey", weak::Check::binder_key, Errc::not_affirming,
                           "did not report this binder", report_of_another_key},
                    Attack{"A4_ReplayOfAnAcceptedConnection", weak::Check::binder_transcript, Errc::binder_mismatch,
                           "kat.certInfo.extraData", replay_of_an_accepted_connection},
                    Attack{"A4_ReplayOfAResult", weak::Check::result_nonce, Errc::nonce_mismatch, "eat_nonce",
                           replay_of_a_result},
                    Attack{"A4_ResultAboutAnotherKey", weak::Check::result_key, Errc::key_mismatch,
                           "result for the key", result_about_another_key}),
    name_of);

}  // namespace
}  // namespace credence::attack
