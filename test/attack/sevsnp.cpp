// A9, A10, A11: SEV-SNP guests that are genuine in all but one thing, against a verifier that knows AMD's roots. A28: a
// key between those roots and the guest was stolen. A22: the list of what their maker took back is an old one.
#include <memory>
#include <string>

#include "attack.h"
#include "base/clock.h"
#include "evidence/sevsnp/tsm_report.h"
#include "revoke.h"
#include "support/listed.h"
#include "support/snp_machine.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace credence::attack {
namespace {

using test::SnpMachine;

constexpr Timestamp kNow{std::chrono::milliseconds{1'790'000'000'000}};

Result<void> provision(verifier::Store& store, const rats::Corim& corim) {
  TRY(const auto stored, store.submit(corim, as_bytes(std::get<std::string>(corim.id))));
  static_cast<void>(stored);
  return {};
}

// Success when the verifier affirms: the relying party then gives the guest its secrets.
Result<void> present(const SnpMachine& machine, const std::shared_ptr<verifier::Store>& store, Timestamp at = kNow) {
  const verifier::Engine engine(store, std::make_shared<FixedClock>(at), {}, {});
  const Bytes nonce(64, 0x6e);
  TRY(const rats::Ear ear, engine.appraise({.media_type = std::string(evidence::sevsnp::kTsmReportCbor),
                                            .evidence = machine.evidence(nonce),
                                            .challenge = Nonce(nonce)}));
  if (ear.is_affirming()) return {};
  const rats::Submodule& submodule = ear.submodules.at("SEVSNP");
  return fail(Errc::not_affirming, std::string(submodule.policy_claims.at("problem").as_string()));
}

Result<void> present(const SnpMachine& machine, const rats::Corim& reference_values) {
  const auto store = verifier::memory_store();
  CHECK(provision(*store, SnpMachine::roots()));
  CHECK(provision(*store, reference_values));
  return present(machine, store);
}

// The attacker makes himself a maker: every certificate has the names of AMD's.
Result<void> home_made_root() {
  static const test::SnpMaker attacker;
  SnpMachine machine;
  machine.maker = &attacker;
  return present(machine, machine.reference_values());
}

// The code is the approved one; the host has it start with a POLICY under which it reads the guest's memory.
Result<void> approved_code_in_debug() {
  SnpMachine machine;
  machine.policy |= 1 << 19;
  return present(machine, machine.reference_values());
}

// Software that came into the guest later asks for the report, at the VMPL that it was given.
Result<void> report_of_a_lower_privilege() {
  SnpMachine machine;
  machine.vmpl = 3;
  return present(machine, machine.reference_values());
}

// Firmware with a known hole gave up its VCEK. It signs a report of the TCB that closes the hole.
Result<void> old_firmware_that_calls_itself_new() {
  SnpMachine machine;
  const rats::Corim demands = machine.reference_values();
  machine.key_tcb = {0, 3, 0, 0x10, 0x10};
  return present(machine, demands);
}

// --- A28 ---

const test::SnpMaker& genoa() {
  static const test::SnpMaker maker("Genoa");
  return maker;
}

// A machine of another product: it hangs from other keys.
SnpMachine genoa_machine() {
  SnpMachine machine;
  machine.maker = &genoa();
  machine.cpuid = {0x19, 0x11, 0x01};
  return machine;
}

// Knows both products, and what runs.
Result<std::shared_ptr<verifier::Store>> store_for(const SnpMachine& machine) {
  auto store = verifier::memory_store();
  rats::Corim roots_of_genoa = SnpMachine::roots(genoa());
  roots_of_genoa.comids[0].id = std::string("roots of Genoa");
  for (const rats::Corim& corim : {SnpMachine::roots(), roots_of_genoa, machine.reference_values()})
    CHECK(provision(*store, corim));
  return store;
}

// Whoever has a stolen key of the chain makes guests at will. Those that do not hang from it go on.
Result<void> stolen_key(const SnpMachine& machine, const SnpMachine& neighbour, ByteView spki) {
  TRY(const auto store, store_for(machine));
  CHECK(present(machine, store));
  CHECK(present(neighbour, store));
  CHECK(revoke_key(*store, spki));
  CHECK(present(neighbour, store));
  return present(machine, store);
}

Result<void> stolen_ark() {
  const SnpMachine machine;
  return stolen_key(machine, genoa_machine(), machine.maker->ark.spki());
}

Result<void> stolen_ask() {
  const SnpMachine machine;
  return stolen_key(machine, genoa_machine(), machine.maker->ask().spki());
}

// The neighbour is another chip of the same product.
Result<void> stolen_vcek() {
  const SnpMachine machine;
  SnpMachine neighbour;
  neighbour.chip_id = Bytes(64, 0xc2);
  return stolen_key(machine, neighbour, machine.vek().spki());
}

// A provider's key is in all of its machines. Those that sign with the key of their chip go on.
Result<void> stolen_vlek() {
  SnpMachine machine;
  machine.vlek = true;
  return stolen_key(machine, SnpMachine(), machine.vek().spki());
}

// The ASK came with the root, so that the verifier needs none from the guest. The attacker shows one nevertheless, to
// hide which of them signed.
Result<void> stolen_ask_behind_another() {
  SnpMachine machine;
  rats::Corim path = SnpMachine::roots();
  path.comids[0].attestation_keys[0].keys[0] = {
      .tag = rats::kTagPkixBase64CertPath,
      .value = to_bytes(as_bytes(machine.maker->ask().pem() + machine.maker->ark.pem()))};
  machine.shown_ask = genoa().ask();
  const auto store = verifier::memory_store();
  for (const rats::Corim& corim : {path, machine.reference_values()}) CHECK(provision(*store, corim));
  CHECK(present(machine, store));
  CHECK(revoke_key(*store, machine.maker->ask().spki()));
  return present(machine, store);
}

// --- lists of AMD's, as its key distribution service gives them ---

// AMD has noticed that the key of an ASK was stolen. The verifier's operator knows nothing but the list.
Result<void> listed_ask() {
  const SnpMachine machine;
  TRY(const auto store, store_for(machine));
  CHECK(present(machine, store));
  CHECK(test::add_list(*store, test::list_entry(machine.maker->ark_key, machine.maker->ark,
                                                {.entries = {{.serial = test::SnpMaker::kAskSerial}}})));
  CHECK(present(genoa_machine(), store));
  return present(machine, store);
}

// The one before names nobody. Whoever holds back the next would have the thief go on for ever.
Result<void> expired_crl() {
  const SnpMachine machine;
  TRY(const auto store, store_for(machine));
  CHECK(test::add_list(*store, test::list_entry(machine.maker->ark_key, machine.maker->ark,
                                                {.next_update = kNow - std::chrono::minutes(1)})));
  CHECK(present(machine, store, kNow - std::chrono::hours(1)));
  CHECK(present(genoa_machine(), store));
  return present(machine, store);
}

INSTANTIATE_TEST_SUITE_P(SevSnp, AttackTest,
                         testing::Values(Attack{"A9_HomeMadeRoot", weak::Check::snp_root, Errc::not_affirming,
                                                "is not the root that was provisioned", home_made_root},
                                         Attack{"A10_ApprovedCodeInDebug", weak::Check::snp_hazards,
                                                Errc::not_affirming, "the guest is debuggable", approved_code_in_debug},
                                         Attack{"A10_ReportOfALowerPrivilege", weak::Check::snp_hazards,
                                                Errc::not_affirming, "VMPL other than 0", report_of_a_lower_privilege},
                                         Attack{"A11_OldFirmwareThatCallsItselfNew", weak::Check::snp_reported_tcb,
                                                Errc::not_affirming, "expected the TCB of the VCEK",
                                                old_firmware_that_calls_itself_new}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    SevSnpStolenKey, AttackTest,
    testing::Values(Attack{"A28_StolenArk", weak::Check::revoked, Errc::not_affirming, "stolen", stolen_ark},
                    Attack{"A28_StolenAsk", weak::Check::revoked, Errc::not_affirming, "stolen", stolen_ask},
                    Attack{"A28_StolenVcek", weak::Check::revoked, Errc::not_affirming, "stolen", stolen_vcek},
                    Attack{"A28_StolenVlek", weak::Check::revoked, Errc::not_affirming, "stolen", stolen_vlek},
                    Attack{"A28_StolenAskBehindAnother", weak::Check::revoked, Errc::not_affirming, "stolen",
                           stolen_ask_behind_another},
                    Attack{"A28_ListedAsk", weak::Check::revoked, Errc::not_affirming, "by its revocation list",
                           listed_ask},
                    Attack{"A22_ExpiredCrl", weak::Check::revoked, Errc::not_affirming,
                           "the revocation list of CN=ARK-Milan,O=Advanced Micro Devices expired at", expired_crl}),
    name_of);

}  // namespace
}  // namespace credence::attack
