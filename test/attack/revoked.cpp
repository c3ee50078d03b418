// A28: the key of a root of trust was stolen. A22: reference values of the past are brought back.
#include "attack.h"
#include "base/text.h"
#include "rats/corim/corim.h"
#include "scene.h"
#include "verifier/revocation/revocation.h"

namespace credence::attack {
namespace {

Result<void> revoke(verifier::Store& store, std::string_view kind, const std::string& value) {
  TRY(const verifier::Revocation revocation,
      verifier::revocation_from_json({{"kind", kind}, {"value", value}, {"reason", "its key was stolen"}},
                                     Timestamp{}));
  TRY(const std::string id, verifier::revocation_id(revocation));
  return store.change(verifier::DocumentKind::deny_entry, [&](const verifier::Documents&) {
    return std::vector<verifier::DocumentChange>{{.event = verifier::DocumentChange::Event::added,
                                                  .id = id,
                                                  .octets = to_bytes(as_bytes(json::to_text(to_json(revocation))))}};
  });
}

// With the key of one machine anything can be signed: only the deny list tells it from the machine. Its neighbour must
// not suffer.
Result<void> stolen_attestation_key() {
  const EvidenceMaker stolen, neighbour;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(stolen));
  CHECK(relying_party.endorse(neighbour));
  CHECK(revoke(*relying_party.store, "kid", to_hex(stolen.kid())));
  CHECK(enter_as_client(neighbour.tls_key, honest(neighbour), relying_party.demands(neighbour)));
  return enter_as_client(stolen.tls_key, honest(stolen), relying_party.demands(stolen));
}

// The verdict of a moment ago counts for nothing (A21).
Result<void> affirmed_a_moment_ago() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  CHECK(enter_as_client(machine.tls_key, honest(machine), relying_party.demands(machine)));
  CHECK(revoke(*relying_party.store, "instance", to_hex(machine.kid())));
  return enter_as_client(machine.tls_key, honest(machine), relying_party.demands(machine));
}

// The provisioner's release of last year, whose flaw is known, and that of this year.
struct Releases {
  EvidenceMaker machine;  // runs the old one
  rats::Corim old_values = evidence::tpm::veraison_corim(machine.endorsement()).value();
  rats::Corim new_values;

  Releases() {
    EvidenceMaker updated = machine;
    updated.pcrs[tpm::kAlgSha256][1] = Bytes(32, 0x77);
    new_values = evidence::tpm::veraison_corim(updated.endorsement()).value();
    new_values.id = "of this year";
    for (std::size_t i = 0; i < new_values.comids.size(); ++i) {
      old_values.comids[i].id = new_values.comids[i].id = "comid " + std::to_string(i);
      new_values.comids[i].version = 2;
    }
  }

  // Submits both in this order, then the machine that runs the old one comes.
  [[nodiscard]] Result<void> enter_after(const rats::Corim& first, const rats::Corim& second) const {
    const RelyingParty relying_party;
    TRY(const rats::Corim keys, evidence::tpm::keys_corim(machine.endorsement()));
    for (const rats::Corim* corim : {&keys, &first, &second}) {
      TRY(const Bytes octets, rats::encode_corim(*corim));
      TRY(const verifier::Stored stored, relying_party.store->submit(*corim, octets));
      static_cast<void>(stored);
    }
    return enter_as_client(machine.tls_key, honest(machine), relying_party.demands(machine));
  }
};

// With a signature that is still good: submitted again.
Result<void> older_reference_values() {
  const Releases releases;
  return releases.enter_after(releases.new_values, releases.old_values);
}

// Nobody thought of withdrawing it.
Result<void> replaced_reference_values() {
  const Releases releases;
  return releases.enter_after(releases.old_values, releases.new_values);
}

// The maker said until when the release is good, and made no other under the same tag. The flaw was found afterwards.
Result<void> expired_reference_values() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  rats::Corim values = evidence::tpm::veraison_corim(machine.endorsement()).value();
  values.validity = rats::Validity{.not_before = {}, .not_after = channel::test_time() - std::chrono::seconds(1)};
  TRY(const rats::Corim keys, evidence::tpm::keys_corim(machine.endorsement()));
  for (const rats::Corim* corim : {&std::as_const(values), &keys}) {
    TRY(const Bytes octets, rats::encode_corim(*corim));
    TRY(const verifier::Stored stored, relying_party.store->submit(*corim, octets));
    static_cast<void>(stored);
  }
  return enter_as_client(machine.tls_key, honest(machine), relying_party.demands(machine));
}

INSTANTIATE_TEST_SUITE_P(Revoked, AttackTest,
                         testing::Values(Attack{"A28_StolenAttestationKey", weak::Check::revoked, Errc::not_affirming,
                                                "stolen", stolen_attestation_key},
                                         Attack{"A21_AffirmedAMomentAgo", weak::Check::revoked, Errc::not_affirming,
                                                "stolen", affirmed_a_moment_ago},
                                         Attack{"A22_OlderReferenceValues", weak::Check::tag_version, Errc::stale,
                                                "version 2 is active", older_reference_values},
                                         Attack{"A22_ReplacedReferenceValues", weak::Check::tag_version,
                                                Errc::not_affirming, "PCR", replaced_reference_values},
                                         Attack{"A22_ExpiredReferenceValues", weak::Check::endorsement_validity,
                                                Errc::not_affirming, "expired at", expired_reference_values}),
                         name_of);

}  // namespace
}  // namespace credence::attack
