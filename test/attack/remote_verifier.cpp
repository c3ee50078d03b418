// The connection to a remote verifier. The attacker stands on it: he answers in the verifier's place, changes what it
// said, or keeps it for later. Of all that comes over this connection only the verifier's signature can be believed.
#include "attack.h"
#include "rats/ear/ear.h"
#include "scene.h"
#include "verifier_address.h"

namespace credence::attack {
namespace {

// As the attacker would write it: the right connection, the right key, the machine that is pinned, and all is well.
rats::Ear affirming(const verifier::AppraisalRequest& request, const EvidenceMaker& pinned) {
  rats::Ear ear = channel::affirm(request);
  ear.credence.test_root.reset();
  ear.ueid = pinned.kid();
  return ear;
}

// He has no machine. What he shows passes every local check: those see no signatures.
EvidenceMaker forger() { return {}; }

std::string signed_by(const crypto::PrivateKey& key, const rats::Ear& ear) { return rats::sign_ear(ear, key).value(); }

// He answers in the verifier's place, and signs with a key of his own.
Result<void> rogue_verifier() {
  const EvidenceMaker meant;
  const crypto::PrivateKey verifier_key = test::make_key();
  const crypto::PrivateKey own_key = test::make_key();
  const VerifierAddress address(
      [&](const verifier::AppraisalRequest& request) { return signed_by(own_key, affirming(request, meant)); });
  const EvidenceMaker forged = forger();
  return enter_as_client(forged.tls_key, honest(forged),
                         address.asked_by(RelyingParty().demands(meant), verifier_key.public_key()));
}

// He lets the verifier speak, which knows nothing of what he shows, and writes another result over its signature.
Result<void> altered_result() {
  const EvidenceMaker meant;
  const verifier::Engine genuine(verifier::memory_store(), channel::test_clock(), {}, {});
  const crypto::PrivateKey verifier_key = test::make_key();
  const VerifierAddress address([&](const verifier::AppraisalRequest& request) {
    const std::string said = signed_by(verifier_key, genuine.appraise(request).value());
    const std::string written = signed_by(verifier_key, affirming(request, meant));
    return written.substr(0, written.rfind('.')) + said.substr(said.rfind('.'));
  });
  const EvidenceMaker forged = forger();
  return enter_as_client(forged.tls_key, honest(forged),
                         address.asked_by(RelyingParty().demands(meant), verifier_key.public_key()));
}

// What the verifier knew, an hour before the time that the others go by.
verifier::Engine an_hour_ago(const RelyingParty& then) {
  const auto clock = std::make_shared<FixedClock>(channel::test_time() - std::chrono::hours(1));
  return {then.store, clock, then.policy, {.developer = "Credence", .build = "attack test", .issuer = {}}};
}

// The owner of a machine began this handshake while it was endorsed, and had the verifier appraise it at once, for
// this very connection. Then he kept the relying party waiting: TLS sets no time to a handshake. The endorsement was
// withdrawn meanwhile. Now he goes on, and answers with the result of then: signed, of this connection and this key.
Result<void> result_from_before_the_withdrawal() {
  const EvidenceMaker machine;
  const RelyingParty then;
  CHECK(then.endorse(machine));
  const verifier::Engine genuine = an_hour_ago(then);
  const crypto::PrivateKey verifier_key = test::make_key();
  std::string kept;
  const auto appraise_at_once = [&](ByteView binder) {
    Bytes evidence = honest(machine)(binder);
    kept = signed_by(verifier_key, genuine
                                       .appraise({.media_type = std::string(evidence::kParsecTpm),
                                                  .evidence = evidence,
                                                  .challenge = binder_of(binder)})
                                       .value());
    return evidence;
  };
  const VerifierAddress address([&](const verifier::AppraisalRequest&) { return kept; });
  return enter_as_client(machine.tls_key, appraise_at_once,
                         address.asked_by(RelyingParty().demands(machine), verifier_key.public_key()));
}

INSTANTIATE_TEST_SUITE_P(RemoteVerifier, AttackTest,
                         testing::Values(Attack{"Verifier_AnotherSigner", weak::Check::result_signature,
                                                Errc::untrusted_verifier, "that a pinned key signed", rogue_verifier},
                                         Attack{"Verifier_AlteredResult", weak::Check::result_signature,
                                                Errc::untrusted_verifier, "that a pinned key signed", altered_result},
                                         Attack{"Verifier_ResultFromBeforeTheWithdrawal", weak::Check::result_time,
                                                Errc::stale, "the result was issued at",
                                                result_from_before_the_withdrawal}),
                         name_of);

}  // namespace
}  // namespace credence::attack
