// A machine that is genuine, and in a state that nobody approved. Not in the catalogue under a number of its own; R3.
#include "attack.h"
#include "crypto/random.h"
#include "scene.h"
#include "verifier/policy/lua/language.h"

namespace credence::attack {
namespace {

// PCR 1 is not what it was when the machine was endorsed: another firmware. The attacker hopes that nobody compares.
Result<void> unapproved_state() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  EvidenceMaker tampered = machine;
  tampered.pcrs[tpm::kAlgSha256][1] = Bytes(32, 0xbb);
  return enter_as_client(machine.tls_key, honest(tampered), relying_party.demands(machine));
}

// He quotes that state, and sends the approved values beside the quote.
Result<void> approved_values_beside_another_quote() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  EvidenceMaker tampered = machine;
  tampered.sent_pcrs = machine.pcrs;
  tampered.pcrs[tpm::kAlgSha256][1] = Bytes(32, 0xbb);
  return enter_as_client(machine.tls_key, honest(tampered), relying_party.demands(machine));
}

// He leaves the PCR that tells on him out of the quote.
Result<void> quote_without_the_changed_pcr() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  EvidenceMaker tampered = machine;
  tampered.pcrs[tpm::kAlgSha256].erase(1);
  return enter_as_client(machine.tls_key, honest(tampered), relying_party.demands(machine));
}

// The operator's policy has a mistake, and affirms a machine that the scheme did not.
Result<void> policy_that_raises_a_verdict() {
  const EvidenceMaker machine;
  RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  relying_party.policies = std::make_shared<verifier::Policies>(
      verifier::Policies::Parts{.store = relying_party.store,
                                .languages = {verifier::lua_language(channel::test_clock())},
                                .clock = channel::test_clock(),
                                .random = crypto::system_random()});
  TRY(const auto version, relying_party.policies->add({.scheme = "PARSEC_TPM",
                                                       .name = "mistaken",
                                                       .type = "lua",
                                                       .rules = "instance_identity = 2 executables = 2"}));
  CHECK(relying_party.policies->activate("PARSEC_TPM", version.id));
  EvidenceMaker tampered = machine;
  tampered.pcrs[tpm::kAlgSha256][1] = Bytes(32, 0xbb);
  return enter_as_client(machine.tls_key, honest(tampered), relying_party.demands(machine));
}

INSTANTIATE_TEST_SUITE_P(State, AttackTest,
                         testing::Values(Attack{"R3_UnapprovedState", weak::Check::reference_values,
                                                Errc::not_affirming, "PCR 1", unapproved_state},
                                         Attack{"R3_ApprovedValuesBesideAnotherQuote", weak::Check::quoted_pcr_values,
                                                Errc::pcr_mismatch, "ext.pcrs", approved_values_beside_another_quote},
                                         Attack{"R3_QuoteWithoutTheChangedPcr", weak::Check::minimum_pcrs,
                                                Errc::not_affirming, "demands PCR 1", quote_without_the_changed_pcr},
                                         Attack{"R3_PolicyThatRaisesAVerdict", weak::Check::policy_may_only_worsen,
                                                Errc::not_affirming, "it raised instance-identity from 0 to 2",
                                                policy_that_raises_a_verdict}),
                         name_of);

}  // namespace
}  // namespace credence::attack
