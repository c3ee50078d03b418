// RIOT: chains of DICE certificates, without the holes of Veraison's scheme.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <ostream>

#include "base/text.h"
#include "fixture.h"
#include "rats/corim/corim_tags.h"
#include "support/dice_device.h"
#include "support/octet_changes.h"
#include "support/ordered_diagnostic.h"
#include "support/vectors.h"
#include "under_policy.h"
#include "verifier/scheme/riot/compare.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

namespace dice = evidence::dice;
using test::DiceDevice;

const std::string kPem(dice::kPemChain);
const std::string kSigned(dice::kSignedNonce);
const std::string kScheme = "RIOT";
const Bytes kNonce(32, 0x11);

class Riot : public testing::Test {
 protected:
  void SetUp() override {
    test::provision(*store, device.roots());
    test::provision(*store, device.reference_values());
  }
  void forget_firmware() {
    store = memory_store();
    test::provision(*store, device.roots());
  }

  rats::Ear appraise(const std::string& type, Bytes evidence, Challenge challenge = Nonce(kNonce),
                     Timestamp now = test::kNow) {
    return test::engine_over(store, {}, now)
        .appraise({.media_type = type, .evidence = std::move(evidence), .challenge = std::move(challenge)})
        .value();
  }
  rats::Ear appraise(const DiceDevice::Certificates& chain) { return appraise(kPem, DiceDevice::pem(chain)); }
  rats::Ear appraise() { return appraise(device.with_fresh_leaf(kNonce)); }
  // The alias is the leaf.
  rats::Ear appraise_signed() { return appraise(kSigned, device.signed_nonce(kNonce, device.bare())); }
  void expect_refused(const rats::Ear& ear, Errc code, std::string_view why) {
    EXPECT_FALSE(ear.is_affirming());
    test::expect_problem(ear.submodules.at(kScheme), code, why);
  }
  void expect_affirmed(const rats::Ear& ear) {
    EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  }
  rats::TrustVector vector_of(const rats::Ear& ear) { return ear.submodules.at(kScheme).vector.value(); }

  DiceDevice device;
  std::shared_ptr<Store> store = memory_store();
};

// --- freshness ---

TEST_F(Riot, AffirmsALeafThatWasMadeForThisNonce) {
  const rats::Ear ear = appraise();
  expect_affirmed(ear);
  EXPECT_EQ(vector_of(ear), (rats::TrustVector{.claims = {2, 0, 3, 0, 0, 0, 0, 0}}));
  const json::Object& claims = ear.submodules.at(kScheme).annotated_evidence;
  EXPECT_EQ(claims.at("FWID").as_string(), to_base64(device.firmware));
  EXPECT_EQ(claims.at("layers").as_array().size(), 1U);
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_FALSE(ear.submodules.at(kScheme).attested_key);
}

TEST_F(Riot, AffirmsANonceThatTheLeafSigned) { expect_affirmed(appraise_signed()); }

// Veraison affirms it, whenever it was recorded.
TEST_F(Riot, RefusesABareChain) {
  const rats::Ear ear = appraise(device.bare());
  EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
  expect_refused(ear, Errc::nonce_mismatch,
                 "or in a signed message (see docs/formats/evidence-dice.md), got a bare chain");
  expect_affirmed(appraise());
  expect_affirmed(appraise_signed());
}

// No grant reaches what was not made for this challenge. It does reach a device whose firmware nobody endorses.
TEST_F(Riot, LetsNoPolicyRaiseABareChain) {
  forget_firmware();
  std::string rules = "added_claims.seen = true\n";
  for (const std::string_view claim : {"instance_identity", "configuration", "executables", "file_system", "hardware",
                                       "runtime_opaque", "storage_opaque", "sourced_data"})
    rules += std::string(claim) + " = 2\n";
  const Engine engine = test::engine_under(rules, kScheme, store, {}, test::kNow, true);
  const auto appraise_under = [&](const DiceDevice::Certificates& chain) {
    return engine.appraise({.media_type = kPem, .evidence = DiceDevice::pem(chain), .challenge = Nonce(kNonce)})
        .value();
  };
  const rats::Ear bare = appraise_under(device.bare());
  EXPECT_EQ(bare.status(), rats::Tier::contraindicated);
  expect_refused(bare, Errc::nonce_mismatch, "got a bare chain");
  EXPECT_FALSE(bare.submodules.at(kScheme).policy_claims.contains("seen"));
  EXPECT_FALSE(bare.submodules.at(kScheme).policy_claims.contains("raised"));

  const rats::Ear fresh = appraise_under(device.with_fresh_leaf(kNonce));
  expect_affirmed(fresh);
  EXPECT_EQ(vector_of(fresh), (rats::TrustVector{.claims = {2, 2, 2, 2, 2, 2, 2, 2}}));
  EXPECT_TRUE(fresh.submodules.at(kScheme).policy_claims.contains("seen"));
  EXPECT_TRUE(fresh.submodules.at(kScheme).policy_claims.contains("raised"));
}

TEST_F(Riot, RefusesAReplay) {
  Bytes other = kNonce;
  other.back() ^= 1;
  expect_refused(appraise(device.with_fresh_leaf(other)), Errc::nonce_mismatch, "made for another challenge");
  expect_refused(appraise(kSigned, device.signed_nonce(other, device.bare())), Errc::nonce_mismatch,
                 "made for another challenge");
  // A proof for this nonce saves no leaf that was made for another one.
  expect_refused(appraise(kSigned, device.signed_nonce(kNonce, device.with_fresh_leaf(other))), Errc::nonce_mismatch,
                 "TcbFreshness");
}

TEST_F(Riot, RefusesAProofByAnotherKeyOrForAnotherPurpose) {
  const auto chain = device.bare();
  DiceDevice thief;
  expect_refused(appraise(kSigned, thief.signed_nonce(kNonce, chain)), Errc::bad_signature, "");
  expect_refused(appraise(kSigned, device.signed_nonce(kNonce, chain, "tag:example.com,2026:other")), Errc::unsupported,
                 "eat_profile");
  expect_refused(appraise(kSigned, device.signed_nonce(kNonce, {})), Errc::missing_member, "certificates");
}

TEST_F(Riot, SaysNothingOfAChannel) {
  expect_refused(appraise(kPem, DiceDevice::pem(device.with_fresh_leaf(kNonce)), test::binder(kNonce)),
                 Errc::wrong_purpose, "no channel is built on it");
}

// --- the chain ---

// Veraison adds it to its roots.
TEST_F(Riot, TakesNoRootFromTheEvidence) {
  const DiceDevice attacker;
  auto chain = attacker.with_fresh_leaf(kNonce);
  expect_refused(appraise(chain), Errc::untrusted_chain, "");
  chain.push_back(attacker.root);
  expect_refused(appraise(chain), Errc::untrusted_chain, "");
  // The device certificate signs itself, as in Veraison's hole.
  const auto self_signed = test::make_certificate(
      attacker.device_key.public_key(), {.organization = "Maker", .common_name = "DeviceID", .is_authority = true},
      attacker.device_key);
  expect_refused(appraise(kSigned, attacker.signed_nonce(kNonce, {attacker.alias(self_signed), self_signed})),
                 Errc::untrusted_chain, "");
}

// OpenSSL passes over what it does not need for a path: nobody has signed what stands there.
TEST_F(Riot, RefusesCertificatesBesideTheChain) {
  const DiceDevice other;
  const DiceDevice::Certificates chain = device.with_fresh_leaf(kNonce);
  expect_affirmed(appraise(chain));
  DiceDevice::Certificates with_root = chain;
  with_root.push_back(device.root);
  expect_affirmed(appraise(with_root));
  for (const crypto::Certificate& added : {other.device(), other.root, other.alias(other.device()), chain[2]}) {
    DiceDevice::Certificates more = chain;
    more.push_back(added);
    expect_refused(appraise(more), Errc::untrusted_chain, "is not part of the chain to an anchor");
    with_root.push_back(added);
    expect_refused(appraise(with_root), Errc::untrusted_chain, "is not part of the chain to an anchor");
    with_root.pop_back();
    more = chain;
    more.insert(more.begin() + 2, added);
    EXPECT_FALSE(appraise(more).is_affirming()) << added.subject();
  }
}

TEST_F(Riot, RefusesEverythingWithoutARoot) {
  store = memory_store();
  expect_refused(appraise(), Errc::unknown_attester, "no root of devices is endorsed");
}

TEST_F(Riot, RefusesIssuersThatMayNotIssue) {
  device.alias_is_authority = false;
  expect_refused(appraise(), Errc::untrusted_chain, "do not make it a CA");
  device.alias_is_authority = true;
  device.device_path_length = 0;
  expect_refused(appraise(), Errc::untrusted_chain, "");
  device.device_path_length = 1;
  expect_affirmed(appraise());
  expect_affirmed(appraise_signed());
  device.device_is_authority = false;
  expect_refused(appraise_signed(), Errc::untrusted_chain, "");
}

TEST_F(Riot, CountsTheIssuerOfTheLeafInPathLengths) {
  device.root = test::make_certificate(
      device.root_key.public_key(),
      {.organization = "Maker", .common_name = "Device root", .is_authority = true, .path_length = 0}, device.root_key);
  store = memory_store();
  test::provision(*store, device.roots());
  expect_refused(appraise_signed(), Errc::untrusted_chain, "allows 0 authorities below it, got 1");
}

TEST_F(Riot, RefusesALeafOutOfItsTimeOrWithUnknownLimits) {
  const Timestamp late{std::chrono::sys_days(std::chrono::year{2046} / 1 / 1)};
  expect_refused(appraise(kPem, DiceDevice::pem(device.with_fresh_leaf(kNonce)), Nonce(kNonce), late), Errc::expired,
                 "");
  device.more_of_alias = {{"1.2.3.4", {0x05, 0x00}, true}};
  expect_refused(appraise_signed(), Errc::untrusted_chain, "critical extension 1.2.3.4");
  expect_refused(appraise(), Errc::untrusted_chain, "critical extension 1.2.3.4");
}

TEST_F(Riot, TakesTheIssuerFromWhatWasProvisioned) {
  rats::Corim path = device.roots();
  path.id = std::string("path");
  const auto chain = device.bare();
  path.comids[0].attestation_keys[0].keys[0] = {.tag = rats::kTagPkixBase64CertPath,
                                                .value = to_bytes(as_bytes(chain[1].pem() + device.root.pem()))};
  test::provision(*store, path);
  expect_affirmed(appraise(kSigned, device.signed_nonce(kNonce, {chain[0]})));
}

// As whoever sends it would: nobody asks him for good DER.
Bytes pem_of(const std::vector<Bytes>& certificates) {
  std::string text;
  for (const Bytes& der : certificates) {
    text += "-----BEGIN CERTIFICATE-----\n";
    const std::string base64 = to_base64(der);
    for (std::size_t i = 0; i < base64.size(); i += 64) text += base64.substr(i, 64) + "\n";
    text += "-----END CERTIFICATE-----\n";
  }
  return to_bytes(as_bytes(text));
}

// `accepts` is asked about the chain with one octet of one certificate changed.
void expect_certificate_changes_refused(const std::vector<Bytes>& chain,
                                        const std::function<bool(const Bytes& pem)>& accepts) {
  for (std::size_t which = 0; which < chain.size(); ++which) {
    SCOPED_TRACE("certificate " + std::to_string(which));
    test::expect_changes_refused(chain[which],
                                 [&](const Bytes& changed) {
                                   std::vector<Bytes> certificates = chain;
                                   certificates[which] = changed;
                                   return accepts(pem_of(certificates));
                                 },
                                 {test::kLowestBit, test::kHighestBit});
  }
}

std::vector<Bytes> der_of(const DiceDevice::Certificates& chain) {
  std::vector<Bytes> octets;
  for (const crypto::Certificate& certificate : chain) octets.push_back(to_bytes(certificate.der()));
  return octets;
}

TEST_F(Riot, RefusesEveryOneOctetChange) {
  const Engine engine = test::engine_over(store);
  const auto accepts = [&](const std::string& type, const Bytes& evidence) {
    return engine.appraise({.media_type = type, .evidence = evidence, .challenge = Nonce(kNonce)})
        .value()
        .is_affirming();
  };
  test::expect_changes_refused(device.signed_nonce(kNonce, device.bare()),
                               [&](const Bytes& changed) { return accepts(kSigned, changed); },
                               {test::kLowestBit, test::kHighestBit});
  DiceDevice::Certificates chain = device.with_fresh_leaf(kNonce);
  chain.push_back(device.root);
  expect_certificate_changes_refused(der_of(chain), [&](const Bytes& pem) { return accepts(kPem, pem); });
}

// --- what it measures ---

// Veraison affirms every device. Here a firmware that is withdrawn must not make all of them good.
TEST_F(Riot, WarnsWhereNoFirmwareIsEndorsedAnyMore) {
  const auto expect_warning = [this] {
    const rats::Ear ear = appraise();
    EXPECT_EQ(ear.status(), rats::Tier::warning);
    expect_refused(ear, Errc::no_reference_values, "no reference value is known for the firmware");
    EXPECT_EQ(vector_of(ear), (rats::TrustVector{.claims = {2, 0, 33, 0, 0, 0, 0, 0}}));
  };
  forget_firmware();
  expect_warning();
  const rats::Corim corim = device.reference_values();
  const std::string firmware = store->submit(corim, rats::encode_corim(corim).value()).value().id;
  expect_affirmed(appraise());
  ASSERT_TRUE(store->set_active({&firmware, 1}, false));
  expect_warning();
  ASSERT_TRUE(store->set_active({&firmware, 1}, true));
  expect_affirmed(appraise());
  ASSERT_TRUE(store->remove(firmware));
  expect_warning();
}

TEST_F(Riot, ComparesFirmwareThatIsEndorsed) {
  const rats::Ear ear = appraise();
  expect_affirmed(ear);
  EXPECT_EQ(vector_of(ear), (rats::TrustVector{.claims = {2, 0, 3, 0, 0, 0, 0, 0}}));

  device.firmware[0] ^= 1;
  const rats::Ear other = appraise();
  EXPECT_EQ(other.status(), rats::Tier::warning);
  expect_refused(other, Errc::not_affirming, "no reference value that is valid now for f0f1");
  EXPECT_EQ(vector_of(other), (rats::TrustVector{.claims = {2, 0, 33, 0, 0, 0, 0, 0}}));
}

// A CoSWID says of each file of the software what its digest is, and an FWID is the digest of a file.
TEST_F(Riot, ComparesFirmwareThatACoswidNames) {
  forget_firmware();
  rats::Corim corim = device.reference_values();
  rats::Comid& comid = corim.comids.at(0);
  comid.coswids.push_back({.environment = comid.reference_values.at(0).environment, .tags = {"firmware"}});
  comid.reference_values.clear();
  const std::string tag =
      R"({0: "firmware", 1: "Firmware", 2: {31: "Maker", 33: 1}, 6: {17: [{24: "f.bin", 7: [1, h')" +
      to_hex(device.firmware) + "']}]}}";
  corim.other_tags = {{rats::kTagCoswid, test::Diagnostic::encode(tag)}};
  test::provision(*store, corim);
  expect_affirmed(appraise());
  device.firmware[0] ^= 1;
  expect_refused(appraise(), Errc::not_affirming, "no reference value that is valid now for f0f1");
}

TEST_F(Riot, ComparesTheLayerAndItsSvn) {
  forget_firmware();
  rats::Corim corim = device.reference_values();
  corim.comids[0].reference_values[0].measurements[0].values.svn->value = 4;
  test::provision(*store, corim);
  expect_refused(appraise(), Errc::not_affirming, "no reference value");
  device.vendor = "Other";
  test::provision(*store, device.reference_values("other"));
  expect_affirmed(appraise());
  device.vendor = "Example";
  expect_refused(appraise(), Errc::not_affirming, "no reference value");
}

// Whatever a value says of the layer, it is found by it, and holds for no other.
TEST_F(Riot, FindsFirmwareByEachMemberOfItsClass) {
  using namespace test::dice_der;
  device.more_of_alias = {
      {std::string(dice::kTcbInfo),
       element(0x30, joined({element(0x80, as_bytes("V")), element(0x81, as_bytes("M")), element(0x83, Bytes{3}),
                             element(0x84, Bytes{5}), element(0x85, Bytes{7}), element(0xa6, fwid(device.firmware))})),
       true}};
  const auto appraise_with = [this](const rats::Class& approved) {
    forget_firmware();
    rats::Corim corim = device.reference_values();
    corim.comids[0].reference_values[0].environment.class_map = approved;
    test::provision(*store, corim);
    return appraise();
  };
  for (const rats::Class& good : riot::members_of({.id = {}, .vendor = "V", .model = "M", .layer = 5, .index = 7}))
    expect_affirmed(appraise_with(good));
  expect_affirmed(appraise_with({.id = {}, .vendor = {}, .model = "M", .layer = 5, .index = {}}));
  for (const rats::Class& bad : riot::members_of({.id = {}, .vendor = "M", .model = "V", .layer = 7, .index = 5}))
    expect_refused(appraise_with(bad), Errc::no_reference_values, "no reference value is known for the firmware");
  expect_refused(appraise_with({.id = {}, .vendor = "V", .model = {}, .layer = 6, .index = {}}), Errc::not_affirming,
                 "no reference value");
}

TEST_F(Riot, LetsNoDevicePassThatMeasuresNothing) {
  device.more_of_alias = {{"1.2.3.4", {0x05, 0x00}, false}};
  expect_refused(appraise(), Errc::not_affirming, "the chain measures none");
}

TEST_F(Riot, EndsWithItsEndorsements) {
  const Timestamp later = test::kNow + std::chrono::milliseconds(1);
  const Bytes evidence = DiceDevice::pem(device.with_fresh_leaf(kNonce));
  forget_firmware();
  rats::Corim firmware = device.reference_values();
  firmware.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  test::provision(*store, firmware);
  expect_affirmed(appraise(kPem, evidence));
  expect_refused(appraise(kPem, evidence, Nonce(kNonce), later), Errc::expired, "no reference value that is valid now");

  store = memory_store();
  rats::Corim roots = device.roots();
  roots.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  test::provision(*store, roots);
  test::provision(*store, device.reference_values());
  expect_affirmed(appraise(kPem, evidence));
  expect_refused(appraise(kPem, evidence, Nonce(kNonce), later), Errc::expired, "the roots of devices expired at");
}

TEST_F(Riot, WarnsOfALayerThatIsOpen) {
  for (const std::uint8_t flags : std::vector<std::uint8_t>{0x80, 0x40, 0x20, 0x10}) {
    device.flags = flags;
    const rats::Ear ear = appraise();
    EXPECT_EQ(ear.status(), rats::Tier::warning);
    expect_refused(ear, Errc::not_affirming, "a layer is in debug");
  }
  device.flags = 0x08;
  expect_affirmed(appraise());
}

TEST_F(Riot, ReadsOlderFormsOfMeasurements) {
  using namespace test::dice_der;
  const Bytes composite_id = composite(device.device_key.public_key().spki(), device.firmware);
  const Bytes name = element(0x30, element(0xa0, joined({oid("2.23.133.5.4.1"), composite_id})));
  const std::vector<test::CertificateExtension> forms = {{"1.3.6.1.4.1.311.89.3.1", composite_id, true},
                                                         {"2.23.133.5.4.1", composite_id, true},
                                                         {"2.5.29.17", name, true},
                                                         {"2.23.133.5.4.5", element(0x30, device.tcb_info()), true}};
  rats::Corim of_composites = device.reference_values("of composite device identifiers");
  of_composites.comids[0].reference_values[0].environment.class_map->vendor = "Veraison Project";
  of_composites.comids[0].reference_values[0].measurements[0].values.svn.reset();
  test::provision(*store, of_composites);
  for (const test::CertificateExtension& form : forms) {
    device.more_of_alias = {form};
    const rats::Ear ear = appraise(kSigned, device.signed_nonce(kNonce, device.bare()));
    expect_affirmed(ear);
    EXPECT_EQ(ear.submodules.at(kScheme).annotated_evidence.at("FWID").as_string(), to_base64(device.firmware));
  }
  device.more_of_alias = {
      {"2.5.29.17",
       element(0x30, element(0xa0, joined({oid("2.23.133.5.4.1"),
                                           composite(device.root_key.public_key().spki(), device.firmware)}))),
       true}};
  expect_refused(appraise(kSigned, device.signed_nonce(kNonce, device.bare())), Errc::key_mismatch,
                 "the DeviceID in the leaf");
}

TEST_F(Riot, RefusesMeasurementsThatDoNotDecode) {
  using namespace test::dice_der;
  const std::vector<std::pair<Bytes, Errc>> bad = {
      {{}, Errc::truncated},
      {element(0x30, element(0x84, Bytes(9, 0x7f))), Errc::invalid_value},
      {element(0x30, element(0x87, Bytes{8, 1})), Errc::malformed},
      {element(0x30, element(0x80, Bytes{0xff})), Errc::malformed},
      {element(0x30, element(0x81, Bytes{'M', 0xc3})), Errc::malformed},
      {element(0x30, element(0x82, Bytes{0xed, 0xa0, 0x80})), Errc::malformed},
      {element(0x30, element(0xa6, element(0x30, oid("1.2.3")))), Errc::truncated},
      {element(0x30, joined({element(0x83, Bytes{1}), element(0x80, as_bytes("late"))})), Errc::trailing_bytes}};
  for (const auto& [content, code] : bad) {
    device.more_of_alias = {{std::string(dice::kTcbInfo), content, true}};
    expect_refused(appraise(), code, "certificate 1.2.23.133.5.4.1");
  }
}

TEST_F(Riot, TakesNamesThatAreUtf8) {
  forget_firmware();
  device.vendor = "Schl\xc3\xbcssel & S\xc3\xb6hne";
  test::provision(*store, device.reference_values());
  expect_affirmed(appraise());
  device.vendor = "Schl\xfcssel";
  expect_refused(appraise(), Errc::malformed, "[0]: expected UTF-8");
}

TEST_F(Riot, TracesWhatItCompared) {
  test::provision(*store, device.reference_values());
  const Bytes key = riot::firmware_key({.id = {}, .vendor = device.vendor, .model = {}, .layer = {}, .index = {}});
  const auto approved = std::static_pointer_cast<const riot::ApprovedFirmware>(
      store->find({.scheme = *find_scheme(kPem), .topic = Topic::reference_values, .key = key}).value());
  Trace trace = Trace::recording();
  const auto chain = dice::decode_chain(kPem, DiceDevice::pem(device.bare())).value();
  const riot::Comparison compared(chain, {approved}, test::kNow);
  EXPECT_TRUE(compared.verdict());
  compared.add_steps(trace, kScheme);
  ASSERT_EQ(trace.steps().size(), 1U);
  EXPECT_EQ(trace.steps()[0].source, "firmware");
  EXPECT_EQ(trace.steps()[0].actual, to_hex(device.firmware));
  EXPECT_TRUE(trace.steps()[0].agrees);
}

TEST_F(Riot, TakesNoMoreThanEightCertificates) {
  auto chain = device.bare();
  chain.resize(9, chain.back());
  expect_refused(appraise(chain), Errc::too_large, "expected 1 to 8 certificates, got 9");
}

// --- vectors ---

// It is authentic, and was made for no challenge.
TEST(RiotVectors, RefuseVeraisonsOwnEvidence) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "veraison/schemes/riot";
  const Bytes octets = test::read_file(folder / "corim/corim-riot-valid.cbor");
  const auto store = memory_store();
  ASSERT_TRUE(store->submit(rats::decode_corim(octets).value(), octets));
  const Bytes evidence = test::read_file(folder / "evidence/evidence.pem");
  const Timestamp at{std::chrono::sys_days(std::chrono::year{2021} / 1 / 1)};
  const rats::Ear ear = test::engine_over(store, {}, at)
                            .appraise({.media_type = kPem, .evidence = evidence, .challenge = Nonce(kNonce)})
                            .value();
  EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
  test::expect_problem(ear.submodules.at(kScheme), Errc::nonce_mismatch, "got a bare chain");

  const Scheme& scheme = *find_scheme(kPem);
  Trace trace;
  Endorsements endorsements(*store, scheme, at, trace);
  const auto decoded = scheme.decode(kPem, evidence).value();
  const auto authentic = decoded->authenticate(endorsements, {});
  EXPECT_TRUE(authentic) << authentic.error().text();
  // FWID and DeviceID are all that Veraison has. DeviceID is the point of the key, without its SubjectPublicKeyInfo.
  const json::Object seen = decoded->claims().value();
  EXPECT_EQ(to_hex(from_base64(seen.at("FWID").as_string()).value()),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  const Bytes device_id = from_base64(seen.at("DeviceID").as_string()).value();
  ASSERT_GT(device_id.size(), 64U);
  EXPECT_EQ(device_id.front(), 0x04);
  EXPECT_TRUE(seen.at("layers").at(0).at("device-id").as_string().ends_with(to_hex(device_id)));

  // Not even that, when any octet of a certificate is another.
  expect_certificate_changes_refused(der_of(dice::decode_chain(kPem, evidence).value().certificates),
                                     [&](const Bytes& pem) {
                                       const auto changed = scheme.decode(kPem, pem);
                                       return changed && (*changed)->authenticate(endorsements, {});
                                     });
}

TEST(RiotVectors, RefuseTheCorimsThatVeraisonRefuses) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const std::vector<std::tuple<std::string, Errc, std::string>> bad = {
      {"refvals", Errc::unsupported, "attest-key-triples only"},
      {"wrong-key-type", Errc::unexpected_type, "expected a certificate or a path"},
      {"wrong-vendor", Errc::invalid_value, "vendor: expected Veraison Project, got ACME"}};
  for (const auto& [name, code, why] : bad) {
    const Bytes octets = test::read_file(root / "veraison/schemes/riot/corim" / ("corim-riot-bad-" + name + ".cbor"));
    test::expect_refused(memory_store()->submit(rats::decode_corim(octets).value(), octets), code, why);
  }
}

// SPDM's chains are DER after DER, the root first.
DiceDevice::Certificates from_spdm(ByteView octets) {
  DiceDevice::Certificates chain;
  while (!octets.empty()) {
    const std::size_t size = 4 + (std::size_t{octets[2]} << 8 | octets[3]);
    chain.insert(chain.begin(), crypto::Certificate::from_der(octets.first(size)).value());
    octets = octets.subspan(size);
  }
  return chain;
}

// Chains of libspdm, and the root that they are of.
class SpdmChain : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(RiotVectors, SpdmChain,
                         testing::Values("certchain", "certchain4", "certchain_alias",
                                         "certchain_alias_cert_partial_set"),
                         [](const auto& example) { return example.param; });

const std::filesystem::path kSpdm = "dice/dmtf-libspdm/ecp256";

Timestamp time_of_spdm() { return Timestamp{std::chrono::sys_days(std::chrono::year{2027} / 1 / 1)}; }

TEST_P(SpdmChain, IsGoodAndNeverFreshAndNotWithAnOctetChanged) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto ca = crypto::Certificate::from_der(test::read_file(root / kSpdm / "ca.cert.der")).value();
  const auto check = [&](const Bytes& pem) {
    return dice::decode_chain(kPem, pem).and_then([&](const dice::Chain& chain) {
      return dice::check_chain(chain, {.roots = {ca}, .intermediates = {}}, time_of_spdm());
    });
  };
  const auto certificates = from_spdm(test::read_file(root / kSpdm / ("bundle_responder." + GetParam() + ".der")));
  const Bytes pem = DiceDevice::pem(certificates);
  const auto checked = check(pem);
  EXPECT_TRUE(checked) << checked.error().text();
  // No nonce is in them, so none is ever affirmed; the partial set, which ends at an authority, is refused by this.
  test::expect_refused(dice::check_challenge(dice::decode_chain(kPem, pem).value(), Nonce(kNonce)),
                       Errc::nonce_mismatch, "got a bare chain");
  expect_certificate_changes_refused(der_of(certificates),
                                     [&](const Bytes& changed) { return check(changed).has_value(); });
}

TEST(RiotVectors, ReadOtherDiceChainsAndCertificates) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / kSpdm;
  const auto ca = crypto::Certificate::from_der(test::read_file(folder / "ca.cert.der")).value();
  const Timestamp at = time_of_spdm();
  // Of another root.
  const auto chain =
      dice::decode_chain(kPem, DiceDevice::pem(from_spdm(test::read_file(folder / "bundle_responder.certchain1.der"))))
          .value();
  test::expect_refused(dice::check_chain(chain, {.roots = {ca}, .intermediates = {}}, at), Errc::untrusted_chain, "");

  // The content of a RIoT certificate's subjectAltName.
  const auto riot = test::make_certificate(
      test::p256().public_key(),
      {.common_name = "Alias",
       .extensions = {{"2.5.29.17", test::read_file(root / "dice/veraison-dice/tcg/test/riot-ext.der")}}},
      test::p256());
  const auto measured = dice::measurements_of(riot).value();
  ASSERT_EQ(measured.size(), 1U);
  EXPECT_EQ(to_hex(measured[0].firmware.at(0).digest),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(measured[0].device_id.value().size(), 91U);

  const auto alias =
      crypto::Certificate::from_der(test::read_file(root / "dice/oxidecompute-dice-util/alias.cert.der"));
  ASSERT_TRUE(alias);
  EXPECT_EQ(dice::measurements_of(*alias)->at(0).firmware.at(0).digest, Bytes(32));
  EXPECT_TRUE(crypto::Certificate::from_der(
      test::read_file(root / "dice/veraison-dice/open/test/_X509_Ed25519_uds_cert.cert")));
}

}  // namespace
}  // namespace credence::verifier
