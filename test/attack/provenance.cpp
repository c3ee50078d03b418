// A7: keys that are not what the evidence makes of them. And forgery outright.
//
// The attacker owns a genuine, endorsed machine, or has broken into one. What he wants is a TLS key outside the TPM for
// which good evidence can be had: he takes it away, and is this machine wherever he likes.
#include "attack.h"
#include "scene.h"

namespace credence::attack {
namespace {

// He makes the TLS key in software, imports it, and has the TPM certify it. The TPM says the truth about it: that it
// was not made inside.
Result<void> imported_tls_key() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  EvidenceMaker importing = machine;
  importing.tls_key_attributes &= ~(tpm::kFixedTpm | tpm::kFixedParent | tpm::kSensitiveDataOrigin);
  return enter_as_client(machine.tls_key, honest(importing), relying_party.demands(machine));
}

// As above, but the public area that he shows beside the certify claims that the key was made inside.
Result<void> public_area_of_another_key() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  EvidenceMaker importing = machine;
  importing.certified_name = test::make_name(test::make_public_area(machine.tls_key.public_key(), tpm::kSign));
  return enter_as_client(machine.tls_key, honest(importing), relying_party.demands(machine));
}

// The endorser was given an attestation key that signs anything. With it he writes statements that no TPM ever made;
// here about a healthy machine with his own TLS key.
Result<void> unrestricted_attestation_key() {
  EvidenceMaker unrestricted;
  unrestricted.attestation_key_attributes &= ~tpm::kRestricted;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(unrestricted));
  return enter_as_client(unrestricted.tls_key, honest(unrestricted), relying_party.demands(unrestricted));
}

// As above; in the submission he replaced the public area of the key by one that says `restricted`, beside the Name
// that the endorser has seen.
Result<void> public_area_of_another_attestation_key() {
  const EvidenceMaker machine;
  tpm::Endorsement endorsement = machine.endorsement();
  endorsement.keys.front().name =
      test::make_name(test::make_public_area(machine.attestation_key.public_key(), tpm::kSign));
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(endorsement));
  return enter_as_client(machine.tls_key, honest(machine), relying_party.demands(machine));
}

// He loads the endorsed attestation key below the owner hierarchy. There the TPM blurs firmware version and reset
// counters in what it signs, and one boot can pass for another.
Result<void> attestation_key_in_another_hierarchy() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  EvidenceMaker owner = machine;
  owner.qualified_signer = test::make_name(as_bytes("the owner hierarchy"));
  return enter_as_client(machine.tls_key, honest(owner), relying_party.demands(machine));
}

// He has no machine. He writes the whole bundle, under the kid of a machine that is endorsed, and signs it himself.
Result<void> forged_bundle() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  const crypto::PrivateKey own_key = test::make_key();
  const auto forge = [&](ByteView binder) {
    EvidenceMaker forger = machine;
    forger.attestation_key = test::make_key();
    forger.tls_key = own_key;
    forger.extra_data = to_bytes(binder);
    tpm::Bundle bundle = forger.bundle();
    bundle.kat.kid = bundle.pat.kid = machine.kid();
    return tpm::encode_bundle(bundle);
  };
  return enter_as_client(own_key, forge, relying_party.demands(machine));
}

// Evidence of a challenge: the TPM signs it for anyone who asks with a nonce, so that key must never count in a
// channel.
Result<void> challenge_key_in_a_channel() {
  EvidenceMaker machine;
  machine.purpose = tpm::Purpose::challenge;
  const EvidenceMaker channel_key;
  tpm::Endorsement endorsement = channel_key.endorsement();
  endorsement.keys.push_back(machine.facts());
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(endorsement));
  return enter_as_client(machine.tls_key, honest(machine), relying_party.demands(machine));
}

INSTANTIATE_TEST_SUITE_P(
    Provenance, AttackTest,
    testing::Values(Attack{"A7_ImportedTlsKey", weak::Check::key_provenance, Errc::external_key, "fixedTPM is not set",
                           imported_tls_key},
                    Attack{"A7_PublicAreaOfAnotherKey", weak::Check::certified_name, Errc::key_mismatch,
                           "the certify names", public_area_of_another_key},
                    Attack{"A7_UnrestrictedAttestationKey", weak::Check::restricted, Errc::unrestricted_attestation_key,
                           "restricted is not set", unrestricted_attestation_key},
                    Attack{"A7_PublicAreaOfAnotherAttestationKey", weak::Check::endorsed_name, Errc::signer_mismatch,
                           "the endorsed Name is", public_area_of_another_attestation_key},
                    Attack{"A7_AttestationKeyInAnotherHierarchy", weak::Check::qualified_signer, Errc::not_affirming,
                           "the endorsed Qualified Name is", attestation_key_in_another_hierarchy},
                    Attack{"A7_ForgedBundle", weak::Check::signatures, Errc::not_affirming, "kat.sig", forged_bundle},
                    Attack{"A7_ChallengeKeyInAChannel", weak::Check::purpose, Errc::not_affirming,
                           "signed by a channel key", challenge_key_in_a_channel}),
    name_of);

}  // namespace
}  // namespace credence::attack
