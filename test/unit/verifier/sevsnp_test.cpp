// SEVSNP over a machine and a maker of our own: what is affirmed, and every way in which it is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "base/text.h"
#include "fixture.h"
#include "support/octet_changes.h"
#include "support/snp_machine.h"
#include "verifier/scheme/scheme.h"
#include "verifier/scheme/sevsnp/compare.h"

namespace credence::verifier {
namespace {

const std::string kType(evidence::sevsnp::kTsmReportCbor);
const std::string kScheme = "SEVSNP";
const Bytes kNonce(64, 0x11);

using test::SnpMachine;

class SevSnp : public testing::Test {
 protected:
  void SetUp() override { test::provision(*store, SnpMachine::roots()); }

  void endorse(std::vector<rats::Measurement> more = {}, const std::string& id = "values") {
    test::provision(*store, machine.reference_values(std::move(more), id));
  }
  rats::Ear appraise(Bytes evidence, Challenge challenge = Nonce(kNonce), Timestamp now = test::kNow) {
    return test::engine_over(store, {}, now)
        .appraise({.media_type = kType, .evidence = std::move(evidence), .challenge = std::move(challenge)})
        .value();
  }
  rats::Ear appraise() { return appraise(machine.evidence(kNonce)); }
  void expect_refused(const rats::Ear& ear, Errc code, std::string_view why) {
    EXPECT_FALSE(ear.is_affirming());
    test::expect_problem(ear.submodules.at(kScheme), code, why);
  }
  void expect_affirmed(const rats::Ear& ear) {
    EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  }

  SnpMachine machine;
  std::shared_ptr<Store> store = memory_store();
};

TEST_F(SevSnp, AffirmsAReportForThisNonce) {
  endorse();
  const rats::Ear ear = appraise();
  expect_affirmed(ear);
  const rats::Submodule& submodule = ear.submodules.at(kScheme);
  // As in Veraison: hardware and runtime-opaque, and nothing else.
  EXPECT_EQ(submodule.vector.value(), (rats::TrustVector{.claims = {0, 0, 0, 0, 2, 2, 0, 0}}));
  EXPECT_EQ(submodule.annotated_evidence.at("measurement").as_string(), to_hex(machine.measurement));
  EXPECT_EQ(submodule.annotated_evidence.at("product").as_string(), "Milan");
  EXPECT_EQ(ear.ueid->size(), 33U);
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_EQ(ear.credence.hazard_allowed, false);
  EXPECT_TRUE(ear.credence.warnings.empty());
  EXPECT_FALSE(submodule.attested_key);
}

TEST_F(SevSnp, TakesVersions2And5AndNoOthers) {
  endorse();
  for (const std::uint32_t version : {2U, 3U, 5U}) {
    machine.version = version;
    expect_affirmed(appraise());
  }
  for (const std::uint32_t version : {0U, 1U, 4U, 6U}) {
    machine.version = version;
    expect_refused(appraise(), Errc::unsupported, "expected a report of version 2, 3 or 5");
  }
}

TEST_F(SevSnp, RefusesAReplayAndAShorterNonce) {
  endorse();
  Bytes other = kNonce;
  other.back() ^= 1;
  expect_refused(appraise(machine.evidence(other)), Errc::nonce_mismatch, "made for another challenge");
  // Nothing is padded: a session of another length cannot be answered.
  const Bytes padded = machine.evidence(Bytes(32, 0x11));
  expect_refused(appraise(padded, Nonce(Bytes(32, 0x11))), Errc::nonce_mismatch, "nonceSize=64");
}

TEST_F(SevSnp, SaysNothingOfAChannel) {
  endorse();
  expect_refused(appraise(machine.evidence(kNonce), test::binder(Bytes(32, 0x11))), Errc::wrong_purpose,
                 "no channel is built on it");
  const auto appraiser = local_appraiser(std::make_shared<const Engine>(test::engine_over(store)));
  EXPECT_THAT(appraiser->media_types(), testing::Not(testing::Contains(kType)));
}

// Of the report, of the certificates, of the table that says where they are, and of what is around all of them.
class SevSnpChange : public SevSnp, public testing::WithParamInterface<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Part, SevSnpChange, testing::Range(std::size_t{0}, std::size_t{6}));

TEST_P(SevSnpChange, IsRefused) {
  endorse();
  const Engine engine = test::engine_over(store);
  const Bytes evidence = machine.evidence(kNonce);
  const Bytes ark = from_hex(SnpMachine::kArk).value();
  test::expect_changes_refused(evidence,
                               [&](const Bytes& changed) {
                                 return engine
                                     .appraise({.media_type = kType, .evidence = changed, .challenge = Nonce(kNonce)})
                                     .value()
                                     .is_affirming();
                               },
                               {test::kLowestBit, test::kHighestBit},
                               {{as_text(evidence).find(as_text(ark)), ark.size(),
                                 "the ARK need not be shown, and an entry with another GUID is skipped"}},
                               {.number = GetParam(), .of = 6});
}

// --- the chain ---

// A9: the whole chain is genuine in itself, and of another maker.
TEST_F(SevSnp, RefusesTheChainOfAnotherMaker) {
  endorse();
  const test::SnpMaker other;
  machine.maker = &other;
  expect_refused(appraise(), Errc::untrusted_chain, "is not the root that was provisioned under this name");
  machine.shows_ark = false;
  expect_refused(appraise(), Errc::untrusted_chain, "auxblob.VEK");
  machine.shown_ask = test::snp_maker().ask();
  expect_refused(appraise(), Errc::untrusted_chain, "auxblob.VEK");
}

TEST_F(SevSnp, RefusesEverythingWithoutARoot) {
  store = memory_store();
  endorse();
  expect_refused(appraise(), Errc::unknown_attester, "no root is endorsed for ARK-Milan of Advanced Micro Devices");
}

// veraison/services: Subject.Organization[0] of a certificate without one ends the process there.
TEST_F(SevSnp, SurvivesCertificatesWithoutAnOrganization) {
  endorse();
  for (const std::optional<std::string>& organization :
       {std::optional<std::string>(), std::optional<std::string>("")}) {
    const test::SnpMaker nameless("Milan", organization);
    SnpMachine shown = machine;
    shown.shown_ark = nameless.ark;
    expect_refused(appraise(shown.evidence(kNonce)), Errc::untrusted_chain, "is not the root");
    shown.maker = &nameless;
    expect_refused(appraise(shown.evidence(kNonce)), Errc::missing_member, "issuer has no organization");
  }
}

TEST_F(SevSnp, TakesTheAskFromThePathThatWasProvisioned) {
  endorse();
  machine.shows_ark = machine.shows_ask = false;
  expect_refused(appraise(), Errc::untrusted_chain, "auxblob.VEK");
  rats::Corim path = SnpMachine::roots();
  path.id = std::string("path");
  path.comids[0].attestation_keys[0].keys[0] = {
      .tag = rats::kTagPkixBase64CertPath,
      .value = to_bytes(as_bytes(test::snp_maker().ask().pem() + test::snp_maker().ark.pem()))};
  test::provision(*store, path);
  expect_affirmed(appraise());
}

TEST_F(SevSnp, TakesNoSecondRootUnderOneName) {
  rats::Corim second = SnpMachine::roots(test::SnpMaker{});
  second.id = std::string("second");
  test::expect_refused(store->submit(second, test::octets_of(second)), Errc::conflict, "another root");
}

TEST_F(SevSnp, EndsWithItsEndorsements) {
  const Timestamp later = test::kNow + std::chrono::milliseconds(1);
  const rats::Validity until_now{.not_before = {}, .not_after = test::kNow};
  rats::Corim values = machine.reference_values();
  values.validity = until_now;
  test::provision(*store, values);
  expect_affirmed(appraise());
  expect_refused(appraise(machine.evidence(kNonce), Nonce(kNonce), later), Errc::expired, "the reference values of");

  store = memory_store();
  rats::Corim roots = SnpMachine::roots();
  roots.validity = until_now;
  test::provision(*store, roots);
  endorse();
  expect_affirmed(appraise());
  expect_refused(appraise(machine.evidence(kNonce), Nonce(kNonce), later), Errc::expired, "ARK-Milan expired at");
}

TEST_F(SevSnp, RefusesCertificatesOutOfTheirTime) {
  endorse();
  const Timestamp at{std::chrono::sys_days(std::chrono::year{2046} / 1 / 1)};
  expect_refused(appraise(machine.evidence(kNonce), Nonce(kNonce), at), Errc::expired, "has expired");
}

// --- the key and the report ---

TEST_F(SevSnp, RefusesTheKeyOfAnotherChip) {
  endorse();
  machine.hardware_id = Bytes(64, 0xc2);
  expect_refused(appraise(), Errc::key_mismatch, "expected the chip of the VCEK");
  machine.hardware_id = Bytes(8, 0xc1);  // as on Turin, but other octets follow
  expect_refused(appraise(), Errc::key_mismatch, "expected the chip of the VCEK");
  machine.chip_id = Bytes(64);
  std::ranges::fill_n(machine.chip_id.begin(), 8, 0xc1);
  expect_affirmed(appraise());
}

// A11, and its reverse: a key of a newer TCB signs no report of an older one either.
TEST_F(SevSnp, RefusesATcbThatIsNotTheKeys) {
  endorse();
  for (std::size_t part = 1; part < 5; ++part)
    for (const int step : {-1, 1}) {
      SnpMachine other = machine;
      if (other.key_tcb[part] == 0 && step < 0) continue;
      other.key_tcb[part] = static_cast<std::uint8_t>(other.key_tcb[part] + step);
      expect_refused(appraise(other.evidence(kNonce)), Errc::key_mismatch, "expected the TCB of the VCEK");
    }
}

TEST_F(SevSnp, RefusesACurrentTcbBelowTheCommittedOne) {
  endorse();
  machine.current_tcb = machine.tcb - 1;
  expect_refused(appraise(), Errc::invalid_value, "expected at least the committed TCB");
  machine.committed_tcb = machine.tcb - 1;
  expect_affirmed(appraise());
}

TEST_F(SevSnp, DividesTheTcbOfTurinInItsOwnWay) {
  const test::SnpMaker turin("Turin");
  test::provision(*store, SnpMachine::roots(turin));
  machine.maker = &turin;
  machine.version = 5;
  machine.cpuid = {0x1a, 0x02, 0x01};
  machine.tcb = 0x4700'0000'0200'0103;
  machine.key_tcb = {3, 1, 0, 2, 0x47};
  endorse();
  expect_affirmed(appraise());
  machine.key_tcb[0] = 2;
  expect_refused(appraise(), Errc::key_mismatch, "expected the TCB of the VCEK");
  machine.key_tcb[0] = 3;
  machine.cpuid = {0x19, 0x01, 0x01};
  expect_refused(appraise(), Errc::key_mismatch, "the report is of Milan, the VCEK of Turin");
}

TEST_F(SevSnp, TakesAVlekForWhatItIs) {
  machine.vlek = true;
  endorse();
  const rats::Ear ear = appraise();
  expect_affirmed(ear);
  EXPECT_EQ(ear.submodules.at(kScheme).annotated_evidence.at("csp-id").as_string(), "CN=cloud.example");

  // The certificate of one kind under the GUID of the other.
  Bytes table = machine.table();
  std::ranges::copy(from_hex("63da758de6644564adc5f4b93be8accd").value(), table.begin());
  SnpMachine chip = machine;
  chip.vlek = false;
  expect_refused(appraise(SnpMachine::tsm_report(chip.report(kNonce), table)), Errc::key_mismatch,
                 "SIGNING_KEY says VCEK, the certificate is one of a VLEK");
}

TEST_F(SevSnp, RefusesReportsThatNoKeyOfAMachineSigned) {
  endorse();
  machine.key_information = 2;
  expect_refused(appraise(), Errc::unsupported, "MASK_CHIP_KEY");
  machine.key_information = 7 << 2;
  expect_refused(appraise(), Errc::unsupported, "SIGNING_KEY: expected 0 (VCEK) or 1 (VLEK), got 7");
  machine.key_information = 0;
  const Bytes table = machine.table();
  machine.vek_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p384).value();
  expect_refused(appraise(SnpMachine::tsm_report(machine.report(kNonce), table)), Errc::bad_signature,
                 "outblob.SIGNATURE");
}

// --- A10: hazards ---

struct HazardCase {
  std::string name;
  std::function<void(SnpMachine&)> make;
  std::vector<rats::Measurement> opt_in;
  std::vector<rats::Measurement> no_opt_in;  // says something, but not that
  std::string part;
  std::int8_t runtime_opaque = 2;  // where it is allowed
};
void PrintTo(const HazardCase& hazard, std::ostream* out) { *out << hazard.name; }

Bytes octets(std::uint64_t value, std::size_t size) {
  Bytes big_endian(size);
  for (std::size_t i = size; i > 0; --i, value >>= 8) big_endian[i - 1] = static_cast<std::uint8_t>(value);
  return big_endian;
}

rats::Measurement masked(std::uint64_t mkey, std::uint64_t value, std::uint64_t mask) {
  rats::Measurement measurement = SnpMachine::raw(mkey, octets(value, 8));
  measurement.values.raw_value->mask = octets(mask, 8);
  return measurement;
}

const std::vector<HazardCase> kHazardCases = {
    {"Debug",
     [](SnpMachine& machine) { machine.policy |= 1 << 19; },
     {SnpMachine::raw(2, octets(0xa0000, 8))},
     {masked(2, 0x20000, 0x20000)},
     "debuggable",
     0},
    {"MigrationAgentAllowed",
     [](SnpMachine& machine) { machine.policy |= 1 << 18; },
     {masked(2, 0x40000, 0x40000)},
     {masked(2, 0x20000, 0x20000)},
     "may be bound"},
    {"MigrationAgent",
     [](SnpMachine& machine) { machine.report_id_ma[0] = 0; },
     {SnpMachine::raw(646,
                      [] {
                        Bytes id(32, 0xff);
                        id[0] = 0;
                        return id;
                      }())},
     {},
     "is bound to the guest"},
    {"UnknownPolicy",
     [](SnpMachine& machine) { machine.policy |= 1ULL << 40; },
     {SnpMachine::raw(2, octets(0x100'0002'0000, 8))},
     {masked(2, 0x20000, 0x20000)},
     "bits that are not known"},
    {"Vmpl",
     [](SnpMachine& machine) { machine.vmpl = 2; },
     {SnpMachine::raw(5, octets(2, 4))},
     {},
     "VMPL other than 0"},
    {"Smt",
     [](SnpMachine& machine) { machine.platform_info |= 1; },
     {SnpMachine::raw(7, octets(0x25, 8))},
     {masked(7, 0x24, 0x24)},
     "multithreading"},
    {"SmtByPolicy",
     [](SnpMachine& machine) {
       machine.platform_info |= 1;
       machine.policy |= 1 << 16;
     },
     {SnpMachine::raw(2, octets(0x30000, 8))},
     {},
     "multithreading"},
};

class SevSnpHazard : public SevSnp, public testing::WithParamInterface<HazardCase> {};
INSTANTIATE_TEST_SUITE_P(All, SevSnpHazard, testing::ValuesIn(kHazardCases),
                         [](const auto& example) { return example.param.name; });

TEST_P(SevSnpHazard, IsRefusedUnlessAReferenceValueAllowsIt) {
  GetParam().make(machine);
  endorse();
  expect_refused(appraise(), Errc::not_affirming, GetParam().part);

  if (!GetParam().no_opt_in.empty()) {
    endorse(GetParam().no_opt_in, "other");
    expect_refused(appraise(), Errc::not_affirming, GetParam().part);
  }

  endorse(GetParam().opt_in, "allowing");
  const rats::Ear ear = appraise();
  expect_affirmed(ear);
  EXPECT_EQ(ear.credence.hazard_allowed, true);
  ASSERT_EQ(ear.credence.warnings.size(), 1U);
  EXPECT_THAT(ear.credence.warnings[0], testing::HasSubstr(GetParam().part));
  EXPECT_THAT(ear.credence.warnings[0], testing::HasSubstr("allowing allows it"));
  // A guest that its host can read is never said to be confidential.
  EXPECT_EQ(ear.submodules.at(kScheme).vector.value()[rats::TrustClaim::runtime_opaque], GetParam().runtime_opaque);
}

// --- reference values ---

TEST_F(SevSnp, KnowsNoReferenceValueOfAnotherMeasurement) {
  endorse();
  machine.measurement[0] ^= 1;
  const rats::Ear ear = appraise();
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  expect_refused(ear, Errc::no_reference_values, "MEASUREMENT 4c4d");
}

struct ValueCase {
  std::string name;
  rats::Measurement met;
  rats::Measurement missed;
  std::string part;
};
void PrintTo(const ValueCase& value, std::ostream* out) { *out << value.name; }

rats::Measurement version_of(std::uint64_t mkey, std::string text) {
  rats::Measurement measurement;
  measurement.key = mkey;
  measurement.values.version = rats::Version{.version = std::move(text), .scheme = std::int64_t{16384}};
  return measurement;
}

rats::Measurement sha384_of(std::uint64_t mkey, std::uint8_t octet) {
  rats::Measurement measurement;
  measurement.key = mkey;
  measurement.values.digests.push_back({.algorithm = std::int64_t{7}, .value = Bytes(48, octet)});
  return measurement;
}

constexpr std::uint64_t kTcb = 0x1817'0000'0000'0004;

const std::vector<ValueCase> kValueCases = {
    {"Version", version_of(0, "3"), version_of(0, "2"), "VERSION: expected 2, got 3"},
    {"GuestSvn", SnpMachine::svn(1, 7, false), SnpMachine::svn(1, 6, false), "GUEST_SVN"},
    {"GuestSvnMinimum", SnpMachine::svn(1, 6, true), SnpMachine::svn(1, 8, true), "GUEST_SVN: expected at least 8"},
    {"Policy", SnpMachine::raw(2, octets(0x20000, 8)), SnpMachine::raw(2, octets(0x30000, 8)), "POLICY"},
    {"PolicyMasked", masked(2, 0, 0x80000), masked(2, 0x10000, 0x10000), "under mask"},
    {"FamilyId", SnpMachine::raw(3, Bytes(16)), SnpMachine::raw(3, Bytes(16, 1)), "FAMILY_ID"},
    {"ImageId", SnpMachine::raw(4, Bytes(16)), SnpMachine::raw(4, Bytes(16, 1)), "IMAGE_ID"},
    {"Vmpl", SnpMachine::raw(5, Bytes(4)), SnpMachine::raw(5, octets(1, 4)), "VMPL"},
    {"CurrentTcb", SnpMachine::svn(6, kTcb, false), SnpMachine::svn(6, kTcb - 1, false), "CURRENT_TCB"},
    {"PlatformInfo", SnpMachine::raw(7, octets(0x24, 8)), SnpMachine::raw(7, octets(0x25, 8)), "PLATFORM_INFO"},
    {"HostData", SnpMachine::raw(642, Bytes(32)), SnpMachine::raw(642, Bytes(32, 1)), "HOST_DATA"},
    {"IdKey", sha384_of(643, 0), sha384_of(643, 1), "ID_KEY_DIGEST"},
    {"AuthorKey", sha384_of(644, 0), sha384_of(644, 1), "AUTHOR_KEY_DIGEST"},
    {"MigrationAgent", SnpMachine::raw(646, Bytes(32, 0xff)), SnpMachine::raw(646, Bytes(32, 1)), "REPORT_ID_MA"},
    {"Family", SnpMachine::raw(648, {0x19}), SnpMachine::raw(648, {0x1a}), "CPUID_FAM_ID"},
    {"Model", SnpMachine::raw(649, {0x01}), SnpMachine::raw(649, {0x02}), "CPUID_MOD_ID"},
    {"Stepping", SnpMachine::raw(650, {0x01}), SnpMachine::raw(650, {0x02}), "CPUID_STEP"},
    {"ChipId", SnpMachine::raw(3328, Bytes(64, 0xc1)), SnpMachine::raw(3328, Bytes(64, 0xc2)), "CHIP_ID"},
    {"CommittedTcb", SnpMachine::svn(3329, kTcb, true), SnpMachine::svn(3329, kTcb + 1, true), "COMMITTED_TCB"},
    // A high microcode does not make up for an old boot loader.
    {"TcbByPart", SnpMachine::svn(3968, 0x1717'0000'0000'0004, true),
     SnpMachine::svn(3968, 0x0101'0000'0000'0005, true), "LAUNCH_TCB"},
    {"CurrentVersion", version_of(3330, "1.55.40"), version_of(3330, "1.55.41"), "CURRENT_VERSION"},
    {"CommittedVersion", version_of(3936, "1.55.40"), version_of(3936, "1.55.39"), "COMMITTED_VERSION"},
};

class SevSnpValue : public SevSnp, public testing::WithParamInterface<ValueCase> {};
INSTANTIATE_TEST_SUITE_P(All, SevSnpValue, testing::ValuesIn(kValueCases),
                         [](const auto& example) { return example.param.name; });

TEST_P(SevSnpValue, IsComparedWhereItIsEndorsed) {
  endorse({GetParam().missed});
  expect_refused(appraise(), Errc::not_affirming, GetParam().part);
  endorse({GetParam().met}, "met");  // any one set will do
  expect_affirmed(appraise());
}

// They are of one report, and tools write them nevertheless.
TEST_F(SevSnp, ExpectsNothingOfReportDataAndReportId) {
  endorse({SnpMachine::raw(640, Bytes(64, 1)), SnpMachine::raw(645, Bytes(32, 1))});
  expect_affirmed(appraise());
}

TEST_F(SevSnp, HasNoCpuidBeforeVersion3) {
  machine.version = 2;
  endorse({SnpMachine::raw(648, {0x19})});
  expect_refused(appraise(), Errc::not_affirming, "CPUID_FAM_ID: expected 19, got none");
}

TEST_F(SevSnp, SaysWhatDiffersInEachClaim) {
  endorse({SnpMachine::raw(3328, Bytes(64, 0xc2)), SnpMachine::svn(6, 0, false), SnpMachine::raw(5, octets(1, 4))});
  const rats::Ear ear = appraise();
  EXPECT_EQ(ear.submodules.at(kScheme).vector.value(), (rats::TrustVector{.claims = {97, 32, 0, 0, 32, 0, 0, 0}}));
  EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
}

TEST_F(SevSnp, TracesWhatItCompared) {
  machine.platform_info |= 1;
  endorse({SnpMachine::svn(1, 8, true)});
  const auto sets = std::static_pointer_cast<const sevsnp::ReferenceSets>(
      store->find({.scheme = *find_scheme(kType), .topic = Topic::reference_values, .key = machine.measurement})
          .value());
  const auto statements = evidence::sevsnp::decode_statements(kType, machine.evidence(kNonce)).value();
  Trace trace = Trace::recording();
  static_cast<void>(sevsnp::compare(statements, sets.get(), test::kNow, kScheme, trace));
  ASSERT_EQ(trace.steps().size(), 4U);
  EXPECT_EQ(trace.steps()[0].subject, "MEASUREMENT");
  EXPECT_TRUE(trace.steps()[0].agrees);
  EXPECT_EQ(trace.steps()[0].source, "values");
  EXPECT_EQ(trace.steps()[2].subject, "GUEST_SVN");
  EXPECT_EQ(trace.steps()[2].expected, "at least 8");
  EXPECT_EQ(trace.steps()[2].actual, "0x0000000000000007");
  EXPECT_FALSE(trace.steps()[2].agrees);
  EXPECT_THAT(trace.steps()[3].subject, testing::HasSubstr("multithreading"));
  EXPECT_FALSE(trace.steps()[3].agrees);
}

// --- what is provisioned ---

struct BadValue {
  std::string name;
  std::function<void(rats::Corim&)> make;
  Errc code{};
  std::string why;
};
void PrintTo(const BadValue& bad, std::ostream* out) { *out << bad.name; }

rats::ReferenceTriple& values_in(rats::Corim& corim) { return corim.comids[0].reference_values[0]; }

const std::vector<BadValue> kBadValues = {
    {"NoInstance", [](rats::Corim& corim) { values_in(corim).environment.instance.reset(); }, Errc::missing_member,
     "instance is missing"},
    {"ShortInstance", [](rats::Corim& corim) { values_in(corim).environment.instance->value.pop_back(); },
     Errc::invalid_value, "expected 48 octets"},
    {"OtherClass", [](rats::Corim& corim) { values_in(corim).environment.class_map->id->value.back() ^= 1; },
     Errc::unsupported, "expected the OID"},
    {"UnknownField", [](rats::Corim& corim) { values_in(corim).measurements[0].key = std::uint64_t{9}; },
     Errc::unsupported, "mkey 9 names no field"},
    {"NoField", [](rats::Corim& corim) { values_in(corim).measurements[0].key.reset(); }, Errc::missing_member,
     "mkey is missing"},
    {"Twice", [](rats::Corim& corim) { values_in(corim).measurements.push_back(values_in(corim).measurements[0]); },
     Errc::duplicate_key, "mkey 641 occurs twice"},
    {"OtherKind", [](rats::Corim& corim) { values_in(corim).measurements[0].key = std::uint64_t{2}; },
     Errc::invalid_value, "mkey 2 (POLICY): expected a raw value of 8 octets"},
    {"TwoValues", [](rats::Corim& corim) { values_in(corim).measurements[0].values.name = "x"; }, Errc::unsupported,
     "expected exactly one value"},
    {"OtherSize", [](rats::Corim& corim) { values_in(corim).measurements.push_back(SnpMachine::raw(2, Bytes(4))); },
     Errc::invalid_value, "a raw value of 8 octets"},
};

class SevSnpBadValue : public SevSnp, public testing::WithParamInterface<BadValue> {};
INSTANTIATE_TEST_SUITE_P(All, SevSnpBadValue, testing::ValuesIn(kBadValues),
                         [](const auto& example) { return example.param.name; });

TEST_P(SevSnpBadValue, IsRefusedWithItsCause) {
  rats::Corim corim = machine.reference_values();
  test::provision(*memory_store(), corim);
  GetParam().make(corim);
  test::expect_refused(store->submit(corim, test::octets_of(corim)), GetParam().code, GetParam().why);
}

}  // namespace
}  // namespace credence::verifier
