// The connection to a remote verifier. The attacker stands on it: he answers in the verifier's place, changes what it
// said, or keeps it for later. Of all that comes over this connection only the verifier's signature can be believed.
#include <chrono>
#include <functional>
#include <utility>

#include "attack.h"
#include "crypto/random.h"
#include "rats/corim/corim.h"
#include "rats/ear/ear.h"
#include "scene.h"
#include "verifier/policy/lua/language.h"
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

// What the verifier knew, so long before the time that the others go by.
verifier::Engine engine_before(const RelyingParty& then, std::chrono::hours time) {
  const auto clock = std::make_shared<FixedClock>(channel::test_time() - time);
  return {
      then.store, clock, then.policy, {.developer = "Credence", .build = "attack test", .issuer = {}}, then.policies};
}

verifier::AppraisalRequest about(ByteView binder, Bytes evidence) {
  return {
      .media_type = std::string(evidence::kParsecTpm), .evidence = std::move(evidence), .challenge = binder_of(binder)};
}

// Has the verifier appraise `machine` at once, for this very connection, and keeps the relying party waiting: TLS sets
// no time to a handshake. When `meanwhile` is over, he answers with the result of then: signed, of this connection and
// this key.
Result<void> enter_with_a_kept_result(const EvidenceMaker& machine, const RelyingParty& then,
                                      const std::function<void(const verifier::AppraisalRequest&)>& meanwhile) {
  const verifier::Engine genuine = engine_before(then, std::chrono::hours(1));
  const crypto::PrivateKey verifier_key = test::make_key();
  std::string kept;
  const auto appraise_at_once = [&](ByteView binder) {
    const auto request = about(binder, honest(machine)(binder));
    kept = signed_by(verifier_key, genuine.appraise(request).value());
    meanwhile(request);
    return request.evidence;
  };
  const VerifierAddress address([&](const verifier::AppraisalRequest&) { return kept; });
  return enter_as_client(machine.tls_key, appraise_at_once,
                         address.asked_by(RelyingParty().demands(machine), verifier_key.public_key()));
}

// The owner of a machine began this handshake while it was endorsed. The endorsement was withdrawn meanwhile.
Result<void> result_from_before_the_withdrawal() {
  const EvidenceMaker machine;
  const RelyingParty then;
  CHECK(then.endorse(machine));
  return enter_with_a_kept_result(machine, then, [](const verifier::AppraisalRequest&) {});
}

// The operator of the verifier learned of a hole in what the machine runs, and put a policy in force that forbids it.
Result<void> result_from_before_the_policy() {
  const EvidenceMaker machine;
  RelyingParty then;
  CHECK(then.endorse(machine));
  then.policies = std::make_shared<verifier::Policies>(
      verifier::Policies::Parts{.store = then.store,
                                .languages = {verifier::lua_language(channel::test_clock())},
                                .clock = channel::test_clock(),
                                .random = crypto::system_random()});
  return enter_with_a_kept_result(machine, then, [&](const verifier::AppraisalRequest& request) {
    const auto says = [&] {
      return engine_before(then, std::chrono::hours(0)).appraise(request).value().is_affirming();
    };
    EXPECT_TRUE(says());
    const auto version = then.policies->add(
        {.scheme = "PARSEC_TPM", .name = "hole", .type = "lua", .rules = "status = CONTRAINDICATED"});
    ASSERT_TRUE(version) << version.error().text();
    EXPECT_TRUE(then.policies->activate("PARSEC_TPM", version->id));
    EXPECT_FALSE(says()) << "the policy that was put in force counts for the next appraisal";
  });
}

// The release that a machine runs ended at noon. The attacker steps the verifier's clock back by a day: whoever answers
// for its time server needs no key for that. The verifier goes by that clock, and affirms; the relying party has one of
// its own.
Result<void> verifier_with_its_clock_stepped_back() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  rats::Corim values = evidence::tpm::veraison_corim(machine.endorsement()).value();
  values.validity = rats::Validity{.not_before = {}, .not_after = channel::test_time() - std::chrono::hours(12)};
  TRY(const rats::Corim keys, evidence::tpm::keys_corim(machine.endorsement()));
  for (const rats::Corim* corim : {&std::as_const(values), &keys}) {
    TRY(const Bytes octets, rats::encode_corim(*corim));
    CHECK(relying_party.store->submit(*corim, octets));
  }
  const verifier::Engine right = engine_before(relying_party, std::chrono::hours(0));
  const verifier::Engine stepped_back = engine_before(relying_party, std::chrono::hours(24));
  const crypto::PrivateKey verifier_key = test::make_key();
  const VerifierAddress address([&](const verifier::AppraisalRequest& request) {
    EXPECT_FALSE(right.appraise(request).value().is_affirming());
    return signed_by(verifier_key, stepped_back.appraise(request).value());
  });
  return enter_as_client(machine.tls_key, honest(machine),
                         address.asked_by(relying_party.demands(machine), verifier_key.public_key()));
}

INSTANTIATE_TEST_SUITE_P(
    RemoteVerifier, AttackTest,
    testing::Values(Attack{"Verifier_AnotherSigner", weak::Check::result_signature, Errc::untrusted_verifier,
                           "that a pinned key signed", rogue_verifier},
                    Attack{"Verifier_AlteredResult", weak::Check::result_signature, Errc::untrusted_verifier,
                           "that a pinned key signed", altered_result},
                    Attack{"Verifier_ResultFromBeforeTheWithdrawal", weak::Check::result_time, Errc::stale,
                           "the result was issued at", result_from_before_the_withdrawal},
                    Attack{"A21_ResultFromBeforeThePolicy", weak::Check::result_time, Errc::stale,
                           "the result was issued at", result_from_before_the_policy},
                    Attack{"A22_VerifierWithItsClockSteppedBack", weak::Check::result_time, Errc::stale,
                           "the result was issued at", verifier_with_its_clock_stepped_back}),
    name_of);

}  // namespace
}  // namespace credence::attack
