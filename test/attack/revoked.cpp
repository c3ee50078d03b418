// A28: the key of a root of trust was stolen. A22: reference values of the past are brought back, or the time is.
#include "attack.h"
#include "base/text.h"
#include "rats/corim/corim.h"
#include "revoke.h"
#include "scene.h"
#include "support/set_clocks.h"
#include "verifier_address.h"

namespace credence::attack {
namespace {

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

// --- the verifier's clock was stepped back a day: whoever answers for its time server needs no key for that ---

Result<void> present_a_day_before(const std::shared_ptr<verifier::Store>& store, const EvidenceMaker& machine) {
  const auto clock = std::make_shared<FixedClock>(channel::test_time() - std::chrono::hours(24));
  const verifier::Engine engine(store, clock, {}, {});
  TRY(const rats::Ear ear, engine.appraise({.media_type = std::string(evidence::kParsecTpm),
                                            .evidence = machine.make(),
                                            .challenge = binder_of(machine.extra_data)}));
  if (ear.is_affirming()) return {};
  return fail(Errc::not_affirming,
              std::string(ear.submodules.at("PARSEC_TPM").policy_claims.at("problem").as_string()));
}

// To before the revocation.
Result<void> revoked_and_the_clock_stepped_back() {
  const EvidenceMaker machine;
  const RelyingParty relying_party;
  CHECK(relying_party.endorse(machine));
  CHECK(present_a_day_before(relying_party.store, machine));
  CHECK(revoke(*relying_party.store, "kid", to_hex(machine.kid()), channel::test_time()));
  return present_a_day_before(relying_party.store, machine);
}

// To when the release that the machine still runs was the current one, and the newer was not valid yet.
Result<void> replaced_and_the_clock_stepped_back() {
  Releases releases;
  const Timestamp change = channel::test_time() - std::chrono::hours(1);
  releases.old_values.validity = rats::Validity{.not_before = {}, .not_after = change};
  releases.new_values.validity = rats::Validity{.not_before = change, .not_after = change + std::chrono::hours(1'000)};
  const auto store = verifier::memory_store();
  TRY(const rats::Corim keys, evidence::tpm::keys_corim(releases.machine.endorsement()));
  const auto submit = [&](const rats::Corim& corim) -> Result<void> {
    TRY(const Bytes octets, rats::encode_corim(corim));
    TRY(const verifier::Stored stored, store->submit(corim, octets));
    static_cast<void>(stored);
    return {};
  };
  CHECK(submit(keys));
  CHECK(submit(releases.old_values));
  CHECK(present_a_day_before(store, releases.machine));
  CHECK(submit(releases.new_values));
  return present_a_day_before(store, releases.machine);
}

// To before the end of the release that the machine still runs. There it would be affirmed again, by the verifier and
// by whoever has no clock of its own.
struct EndedRelease {
  EvidenceMaker machine;
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  test::SetClocks clocks{channel::test_time()};

  EndedRelease() {
    rats::Corim values = evidence::tpm::veraison_corim(machine.endorsement()).value();
    values.validity = rats::Validity{.not_before = {}, .not_after = clocks.now() - std::chrono::hours(12)};
    for (const rats::Corim& corim : {values, evidence::tpm::keys_corim(machine.endorsement()).value()})
      EXPECT_TRUE(store->submit(corim, rats::encode_corim(corim).value()));
  }
  [[nodiscard]] Result<void> present(const std::shared_ptr<const Clock>& clock) const {
    TRY(const rats::Ear ear, verifier::Engine(store, clock, {}, {})
                                 .appraise({.media_type = std::string(evidence::kParsecTpm),
                                            .evidence = machine.make(),
                                            .challenge = binder_of(machine.extra_data)}));
    if (ear.is_affirming()) return {};
    return fail(Errc::not_affirming, "expected an affirming result");
  }
};

Result<void> clock_set_back() {
  EndedRelease ended;
  const auto clock = ended.clocks.guarded();
  EXPECT_FALSE(ended.present(clock)) << "the release has ended";
  ended.clocks.step(-std::chrono::hours(24));
  return ended.present(clock);
}

// While the verifier is down.
Result<void> clock_set_back_over_a_restart() {
  EndedRelease ended;
  const Timestamp noted = ended.clocks.now();
  ended.clocks.step(-std::chrono::hours(24));
  const auto clock = ended.clocks.guarded();
  clock->not_before(noted);
  return ended.present(clock);
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
                                                Errc::not_affirming, "expired at", expired_reference_values},
                                         Attack{"A22_ClockSetBack", weak::Check::clock_set_back, Errc::clock_set_back,
                                                "86400 s behind what it had told: set it", clock_set_back},
                                         Attack{"A22_ClockSetBackOverARestart", weak::Check::clock_set_back,
                                                Errc::clock_set_back, "behind what it had told before this process",
                                                clock_set_back_over_a_restart},
                                         Attack{"A22_RevokedAndTheClockSteppedBack", weak::Check::revoked,
                                                Errc::not_affirming, "stolen", revoked_and_the_clock_stepped_back},
                                         Attack{"A22_ReplacedAndTheClockSteppedBack", weak::Check::tag_version,
                                                Errc::not_affirming, "PCR 1", replaced_and_the_clock_stepped_back}),
                         name_of);

}  // namespace
}  // namespace credence::attack
