// Splicing: halves of different bundles in one. kat vouches for the TLS key, pat for the state of the platform; what
// joins them is only what both of them say and sign.
//
// The attacker wants the one half from where he can have it and the other from a machine, a time or a boot that looks
// better. He may use the attestation key of his own machine, and there have statements made when and as he likes.
#include "attack.h"
#include "scene.h"

namespace credence::attack {
namespace {

EvidenceMaker bound(EvidenceMaker machine, ByteView binder) {
  machine.extra_data = to_bytes(binder);
  return machine;
}

// A kat of an earlier connection, with a quote of today. The TLS key was certified then; today the machine may not have
// it any more, and he may.
Result<void> kat_of_an_earlier_connection() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  const tpm::Bundle earlier = tpm::decode_bundle(evidence_given_to_the_attacker(machine)).value();
  const auto splice = [&](ByteView binder) {
    tpm::Bundle bundle = bound(machine, binder).bundle();
    bundle.kat = earlier.kat;
    return tpm::encode_bundle(bundle);
  };
  return enter_as_client(machine.tls_key, splice, relying_party.demands(machine));
}

// A quote that was made for another connection, of a time when the PCRs were still as endorsed. The clock of the TPM
// stops an older quote as well, so this one is as old as the certify.
Result<void> pat_of_another_connection() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  const tpm::Bundle other = tpm::decode_bundle(evidence_given_to_the_attacker(machine)).value();
  const auto splice = [&](ByteView binder) {
    EvidenceMaker tampered = bound(machine, binder);
    tampered.pcrs[tpm::kAlgSha256][1] = Bytes(32, 0xbb);
    tpm::Bundle bundle = tampered.bundle();
    bundle.pat = other.pat;
    bundle.ext = other.ext;
    return tpm::encode_bundle(bundle);
  };
  return enter_as_client(machine.tls_key, splice, relying_party.demands(machine));
}

// He has the TPM quote for this connection, changes the machine, makes a TLS key in it, and has that certified for the
// same connection: the key belongs to a state that no quote shows.
Result<void> quote_from_before_the_certify() {
  EvidenceMaker machine;
  machine.certify_clock.clock = machine.quote_clock.clock + 1;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  return enter_as_client(machine.tls_key, honest(machine), relying_party.demands(machine));
}

// As above, with a reboot between: into other firmware, or out of it.
Result<void> halves_of_two_boots() {
  EvidenceMaker machine;
  machine.quote_clock.reset_count += 1;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  return enter_as_client(machine.tls_key, honest(machine), relying_party.demands(machine));
}

Result<void> halves_of_two_resumes() {
  EvidenceMaker machine;
  machine.quote_clock.restart_count += 1;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  return enter_as_client(machine.tls_key, honest(machine), relying_party.demands(machine));
}

// A verifier that takes each half by itself: the kid of each names an endorsed key, and that key signed it. Ours takes
// one key for both, and so stops what follows a second time (Check::signatures).
Demands judged_half_by_half(Demands demands) {
  const auto verifier = std::make_shared<channel::TestAppraiser>();
  demands.appraiser = verifier;
  demands.allow_insecure_test_root = true;  // what the stand-in writes into its result
  return demands;
}

// The quote is of another machine, healthy and endorsed, whose TPM the attacker can make quote his binder. He writes
// his own kid beside it: kids are not signed.
Result<void> quote_of_another_machine_under_one_kid() {
  const EvidenceMaker machine;
  EvidenceMaker healthy;
  healthy.qualified_signer = test::make_name(as_bytes("the attestation key of the healthy machine"));
  const auto splice = [&](ByteView binder) {
    tpm::Bundle bundle = bound(machine, binder).bundle();
    bundle.pat = bound(healthy, binder).bundle().pat;
    bundle.pat.kid = machine.kid();
    return tpm::encode_bundle(bundle);
  };
  return enter_as_client(machine.tls_key, splice, judged_half_by_half(RelyingParty().demands(machine)));
}

// The quote is one that he wrote, naming the signer of the kat, under an endorsed key that signs anything.
Result<void> quote_under_another_kid() {
  const EvidenceMaker machine;
  EvidenceMaker writer = machine;
  writer.quote_signer = test::make_key();
  writer.quote_kid = test::make_kid(writer.quote_signer->public_key());
  return enter_as_client(machine.tls_key, honest(writer), judged_half_by_half(RelyingParty().demands(machine)));
}

INSTANTIATE_TEST_SUITE_P(
    Splice, AttackTest,
    testing::Values(Attack{"Splice_KatOfAnEarlierConnection", weak::Check::kat_extra_data, Errc::binder_mismatch,
                           "kat.certInfo.extraData", kat_of_an_earlier_connection},
                    Attack{"Splice_PatOfAnotherConnection", weak::Check::pat_extra_data, Errc::binder_mismatch,
                           "pat.attestInfo.extraData", pat_of_another_connection},
                    Attack{"Splice_QuoteFromBeforeTheCertify", weak::Check::quote_clock, Errc::reset_mismatch,
                           "is older than the certify", quote_from_before_the_certify},
                    Attack{"Splice_HalvesOfTwoBoots", weak::Check::reset_counters, Errc::reset_mismatch,
                           "the TPM was restarted", halves_of_two_boots},
                    Attack{"Splice_HalvesOfTwoResumes", weak::Check::reset_counters, Errc::reset_mismatch,
                           "the TPM was restarted", halves_of_two_resumes},
                    Attack{"Splice_QuoteOfAnotherMachine", weak::Check::qualified_signer_equality,
                           Errc::signer_mismatch, "pat.attestInfo.qualifiedSigner",
                           quote_of_another_machine_under_one_kid},
                    Attack{"Splice_QuoteUnderAnotherKid", weak::Check::kid_equality, Errc::kid_mismatch, "pat.kid",
                           quote_under_another_kid}),
    name_of);

}  // namespace
}  // namespace credence::attack
