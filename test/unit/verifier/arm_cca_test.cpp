// ARM_CCA: Veraison's scheme, without its holes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>

#include "base/text.h"
#include "evidence/cca/token.h"
#include "fixture.h"
#include "support/cca_device.h"
#include "support/octet_changes.h"
#include "verifier/endorsements.h"
#include "verifier/scheme/arm_cca/scheme.h"

namespace credence::verifier {
namespace {

const std::string kType(evidence::cca::kMediaType);
const std::string kScheme = "ARM_CCA";
const std::string kPlatform = "CCA_SSD_PLATFORM";
const std::string kRealm = "CCA_REALM";
const Bytes kNonce(32, 0x99);

using Change = std::function<void(rats::Corim&)>;

rats::ReferenceTriple& values_of(rats::Corim& corim) { return corim.comids.at(0).reference_values.at(0); }

rats::Measurement& measurement_of(rats::Corim& corim, const std::string& mkey) {
  for (rats::Measurement& measurement : values_of(corim).measurements)
    if (measurement.key == rats::MeasurementKey(mkey)) return measurement;
  throw std::logic_error("no measurement " + mkey);
}

void erase(rats::Corim& corim, const std::string& mkey) {
  std::erase_if(values_of(corim).measurements,
                [&](const rats::Measurement& measurement) { return measurement.key == rats::MeasurementKey(mkey); });
}

class ArmCca : public testing::Test {
 protected:
  rats::Ear appraise(Bytes evidence, Challenge challenge = Nonce(kNonce), Timestamp now = test::kNow) {
    return test::engine_over(store, {}, now)
        .appraise({.media_type = kType, .evidence = std::move(evidence), .challenge = std::move(challenge)})
        .value();
  }
  rats::Ear appraise_device() { return appraise(device.token(kNonce)); }
  void provision(const Change& platform = {}, const Change& realm = {}) {
    rats::Corim corim = device.platform_corim();
    if (platform) platform(corim);
    test::provision(*store, corim);
    corim = device.realm_corim();
    if (realm) realm(corim);
    test::provision(*store, corim);
  }
  void expect_problem(const rats::Ear& ear, const std::string& submodule, Errc code, std::string_view why) {
    EXPECT_FALSE(ear.is_affirming());
    test::expect_problem(ear.submodules.at(submodule), code, why);
  }
  // A refusal: one submodule, by the name of the scheme.
  void expect_refused(const rats::Ear& ear, Errc code, std::string_view why) {
    EXPECT_EQ(ear.submodules.size(), 1U);
    EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
    expect_problem(ear, kScheme, code, why);
  }

  test::CcaDevice device;
  std::shared_ptr<Store> store = memory_store();
};

TEST_F(ArmCca, AffirmsPlatformAndRealm) {
  provision();
  const rats::Ear ear = appraise_device();
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  ASSERT_EQ(ear.submodules.size(), 2U);
  EXPECT_EQ(ear.submodules.at(kPlatform).vector.value(), (rats::TrustVector{.claims = {2, 2, 2, 0, 2, 2, 2, 0}}));
  EXPECT_EQ(ear.submodules.at(kRealm).vector.value(), (rats::TrustVector{.claims = {2, 0, 2, 0, 0, 0, 0, 0}}));
  EXPECT_EQ(ear.ueid, device.instance);
  EXPECT_EQ(ear.credence.class_id, to_hex(device.implementation));
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_EQ(ear.submodules.at(kRealm).annotated_evidence.at("cca-realm-public-key").as_string(),
            to_base64(device.rak()));
  EXPECT_EQ(ear.submodules.at(kPlatform).annotated_evidence.at("cca-platform-lifecycle").to_number<int>(), 0x3003);
}

TEST_F(ArmCca, AffirmsEveryForm) {
  provision();
  for (const bool cmw : {false, true})
    for (const bool old_realm : {false, true}) {
      device.cmw = cmw;
      device.old_realm = old_realm;
      EXPECT_TRUE(appraise_device().is_affirming()) << cmw << old_realm;
    }
}

TEST_F(ArmCca, FillsTheNonceWithZeros) {
  provision();
  for (const std::size_t size : {8, 32, 48, 64}) {
    const Bytes nonce(size, 0x77);
    EXPECT_TRUE(appraise(device.token(nonce), Nonce(nonce)).is_affirming()) << size;
  }
}

TEST_F(ArmCca, RefusesAReplay) {
  provision();
  Bytes other = kNonce;
  other.back() ^= 1;
  expect_refused(appraise(device.token(other)), Errc::nonce_mismatch, "another challenge");
  Bytes longer = kNonce;
  longer.push_back(1);
  expect_refused(appraise(device.token(longer)), Errc::nonce_mismatch, "another challenge");
}

TEST_F(ArmCca, SaysNothingOfAChannel) {
  provision();
  expect_refused(appraise(device.token(kNonce), test::binder(kNonce)), Errc::wrong_purpose, "nothing of a channel");
  const auto appraiser = local_appraiser(std::make_shared<const Engine>(test::engine_over(store)));
  EXPECT_THAT(appraiser->media_types(), testing::Not(testing::Contains(kType)));
}

TEST_F(ArmCca, RefusesEveryOneOctetChange) {
  provision();
  for (const bool cmw : {false, true}) {
    device.cmw = cmw;
    test::expect_changes_refused(device.token(kNonce),
                                 [&](const Bytes& token) { return appraise(token).is_affirming(); },
                                 {test::kLowestBit, test::kHighestBit});
  }
}

// --- who signed it ---

// RMM specification A7.2.2: otherwise one token of a good platform vouches for every realm.
TEST_F(ArmCca, RefusesARealmThatThePlatformDoesNotVouchFor) {
  provision();
  test::CcaDevice attacker;  // the same claims under keys of its own
  expect_refused(appraise(device.assemble(device.platform_token(), attacker.realm_token(kNonce))), Errc::key_mismatch,
                 "the platform vouches for another key than the realm's");
  expect_refused(appraise(device.assemble(attacker.platform_token(), attacker.realm_token(kNonce))),
                 Errc::bad_signature, "platform");
}

TEST_F(ArmCca, RefusesARealmTokenOfAnotherKeyThanItNames) {
  provision();
  Bytes challenge = kNonce;
  challenge.resize(64);
  const Bytes forged = cose::sign1(test::CcaDevice().realm_key, {}, device.realm_claims(challenge)).value();
  expect_refused(appraise(device.assemble(device.platform_token(), forged)), Errc::bad_signature, "realm");
}

TEST_F(ArmCca, RefusesAnUnknownPlatform) {
  expect_refused(appraise_device(), Errc::unknown_attester, "no endorsement names instance 0101");
}

// --- the platform ---

TEST_F(ArmCca, WarnsOfOtherPlatformSoftwareAndConfiguration) {
  provision();
  device.components[0].signer[0] ^= 1;
  device.config = {1, 2, 4};
  const rats::Ear ear = appraise_device();
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  EXPECT_EQ(ear.submodules.at(kPlatform).vector.value(), (rats::TrustVector{.claims = {2, 32, 33, 0, 2, 2, 2, 0}}));
  EXPECT_EQ(ear.submodules.at(kRealm).status, rats::Tier::affirming);
  expect_problem(ear, kPlatform, Errc::not_affirming, "software component BL 2.1.0");
  expect_problem(ear, kPlatform, Errc::not_affirming,
                 "not_affirming: platform configuration: expected 010203, got 010204");
}

TEST_F(ArmCca, ComparesConfigurationsUnderTheirMask) {
  provision([](auto& corim) {
    measurement_of(corim, "cca.platform-config").values.raw_value =
        rats::RawValue{.value = {1, 2, 3}, .mask = Bytes{0xff, 0xff, 0xf0}};
  });
  device.config = {1, 2, 0x0c};
  EXPECT_TRUE(appraise_device().is_affirming());
  device.config = {1, 2, 0x13};
  expect_problem(appraise_device(), kPlatform, Errc::not_affirming, "expected 010203 masked with fffff0");
  device.config = {1, 2};
  expect_problem(appraise_device(), kPlatform, Errc::not_affirming, "got 0102");
}

// Veraison compares with an empty value when none is endorsed.
TEST_F(ArmCca, DoesNotAffirmAnEmptyConfigurationThatNobodyEndorsed) {
  provision([](auto& corim) { erase(corim, "cca.platform-config"); });
  device.config.clear();
  const rats::Ear ear = appraise_device();
  EXPECT_EQ(ear.submodules.at(kPlatform).vector.value(), (rats::TrustVector{.claims = {2, 32, 2, 0, 2, 2, 2, 0}}));
  expect_problem(ear, kPlatform, Errc::no_reference_values, "no platform configuration is endorsed");
}

TEST_F(ArmCca, RefusesAPlatformWithoutComponents) {
  provision();
  device.components.clear();
  expect_refused(appraise_device(), Errc::missing_member, "platform.cca-platform-sw-components");
}

TEST_F(ArmCca, ContraindicatesAPlatformInDebug) {
  provision();
  device.lifecycle = 0x4000;
  const rats::Ear ear = appraise_device();
  EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
  expect_problem(ear, kPlatform, Errc::not_affirming, "debug outside the root of trust");
}

// --- the realm ---

TEST_F(ArmCca, KnowsNothingOfARealmWithoutReferenceValues) {
  test::provision(*store, device.platform_corim());
  const rats::Ear ear = appraise_device();
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  EXPECT_EQ(ear.submodules.at(kPlatform).status, rats::Tier::affirming);
  EXPECT_EQ(ear.submodules.at(kRealm).vector.value(), (rats::TrustVector{.claims = {2, 0, 33, 0, 0, 0, 0, 0}}));
  expect_problem(ear, kRealm, Errc::no_reference_values, "initial measurement 1d1d");
}

TEST_F(ArmCca, KnowsNothingOfAnotherInitialMeasurement) {
  provision();
  device.initial_measurement[0] ^= 1;
  expect_problem(appraise_device(), kRealm, Errc::no_reference_values, "initial measurement 1c1d");
}

// Veraison affirms the boot whatever is in the registers.
TEST_F(ArmCca, WarnsOfEveryRegisterThatDiffers) {
  provision();
  for (std::size_t i = 0; i < device.registers.size(); ++i) {
    device.registers[i][0] ^= 1;
    const rats::Ear ear = appraise_device();
    EXPECT_EQ(ear.submodules.at(kRealm).vector.value(), (rats::TrustVector{.claims = {2, 0, 33, 0, 0, 0, 0, 0}}));
    expect_problem(ear, kRealm, Errc::not_affirming, "realm extensible measurement " + std::to_string(i));
    device.registers[i][0] ^= 1;
  }
  EXPECT_TRUE(appraise_device().is_affirming());
}

// Registers without a reference value all match in Veraison.
TEST_F(ArmCca, DoesNotAffirmRegistersThatNobodyEndorsed) {
  for (const std::string mkey : {"cca.rem0", "cca.rem3"}) {
    store = memory_store();
    provision({}, [&](auto& corim) { erase(corim, mkey); });
    expect_problem(appraise_device(), kRealm, Errc::not_affirming,
                   "expected an endorsed value, of which there is none");
  }
}

TEST_F(ArmCca, ContraindicatesAnotherPersonalization) {
  provision();
  device.personalization[0] ^= 1;
  const rats::Ear ear = appraise_device();
  EXPECT_EQ(ear.submodules.at(kRealm).vector.value(), (rats::TrustVector{.claims = {2, 0, 96, 0, 0, 0, 0, 0}}));
  expect_problem(ear, kRealm, Errc::not_affirming, "realm personalization value: expected adad");
}

TEST_F(ArmCca, TakesAnyPersonalizationWhereNoneIsStated) {
  provision({}, [](auto& corim) { erase(corim, "cca.rpv"); });
  device.personalization[0] ^= 1;
  EXPECT_TRUE(appraise_device().is_affirming());
}

// Two realms with one initial measurement: what is approved of the one is not approved of the other.
TEST_F(ArmCca, MixesNoStatementsOfTwoRealms) {
  provision();
  test::CcaDevice other = device;
  other.personalization = Bytes(64, 0xbb);
  other.registers[1] = Bytes(32, 0x77);
  rats::Corim corim = other.realm_corim();
  corim.id = std::string("other realm");
  test::provision(*store, corim);
  EXPECT_TRUE(appraise_device().is_affirming());
  EXPECT_TRUE(appraise(other.token(kNonce)).is_affirming());
  device.registers[1] = other.registers[1];
  const rats::Ear ear = appraise_device();
  // Closest is the realm with this personalization.
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  expect_problem(ear, kRealm, Errc::not_affirming, "realm extensible measurement 1: expected sha-256 e1e1");
}

TEST_F(ArmCca, EndsWithTheRealmsEndorsement) {
  provision({}, [](auto& corim) { corim.validity = rats::Validity{.not_before = {}, .not_after = test::kNow}; });
  EXPECT_TRUE(appraise_device().is_affirming());
  expect_problem(appraise(device.token(kNonce), Nonce(kNonce), test::kNow + std::chrono::milliseconds(1)), kRealm,
                 Errc::expired, "the reference values of this realm expired at");
}

TEST_F(ArmCca, NotesWhatItCompared) {
  provision();
  device.registers[2][0] ^= 1;
  const auto evidence = arm_cca_scheme().decode(kType, device.token(kNonce)).value();
  Trace trace = Trace::recording();
  Endorsements endorsements(*store, arm_cca_scheme(), test::kNow, trace);
  ASSERT_TRUE(evidence->authenticate(endorsements, {}));
  static_cast<void>(evidence->appraise(endorsements, {}));
  std::vector<std::string> disagreeing;
  for (const Trace::Step& step : trace.steps())
    if (!step.agrees) disagreeing.push_back(step.submodule + ": " + step.subject + " by " + step.source);
  EXPECT_THAT(disagreeing, testing::ElementsAre("CCA_REALM: realm extensible measurement 2 by realm"));
  // The key, the lifecycle, two components, the configuration; the initial measurement, the personalization and four
  // registers.
  EXPECT_EQ(trace.steps().size(), 11U);
}

// --- CoRIMs ---

struct Flip {
  std::string name;
  bool of_realm = false;
  Change flip;
  Errc code{};
  std::string why;
};
void PrintTo(const Flip& flip, std::ostream* out) { *out << flip.name; }

class CcaProfile : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(
    Rules, CcaProfile,
    testing::Values(Flip{"MkeyOfPsa", false,
                         [](auto& corim) {
                           measurement_of(corim, "cca.platform-config").key = "psa.software-component";
                         },
                         Errc::invalid_value, "expected cca.software-component or cca.platform-config"},
                    Flip{"ConfigWithoutValue", false,
                         [](auto& corim) {
                           auto& values = measurement_of(corim, "cca.platform-config").values;
                           values = rats::MeasurementValues{};
                           values.name = "config";
                         },
                         Errc::missing_member, "mval.raw-value"},
                    Flip{"PlatformNamesARealm", false,
                         [](auto& corim) { measurement_of(corim, "cca.platform-config").key = "cca.rim"; },
                         Errc::invalid_value, "got cca.rim"},
                    Flip{"NoInitialMeasurement", true, [](auto& corim) { erase(corim, "cca.rim"); },
                         Errc::missing_member, "expected a measurement cca.rim"},
                    Flip{"OtherInitialMeasurement", true,
                         [](auto& corim) { measurement_of(corim, "cca.rim").values.digests[0].value[0] ^= 1; },
                         Errc::invalid_value, "expected the value of the class among its digests, 1d1d"},
                    Flip{"RegisterTwice", true, [](auto& corim) { measurement_of(corim, "cca.rem1").key = "cca.rem0"; },
                         Errc::duplicate_key, "cca.rem0 occurs twice"},
                    Flip{"FifthRegister", true, [](auto& corim) { measurement_of(corim, "cca.rem1").key = "cca.rem4"; },
                         Errc::invalid_value, "got cca.rem4"},
                    Flip{"PersonalizationIsADigest", true,
                         [](auto& corim) {
                           measurement_of(corim, "cca.rem3").key = "cca.rpv";
                           erase(corim, "none");
                         },
                         Errc::missing_member, "mval.raw-value"},
                    Flip{"RealmOfAnInstance", true,
                         [](auto& corim) { values_of(corim).environment.instance = rats::TaggedBytes{}; },
                         Errc::invalid_value, "an instance is not allowed"},
                    Flip{"RealmWithoutClass", true,
                         [](auto& corim) {
                           values_of(corim).environment.instance = values_of(corim).environment.class_map->id;
                           values_of(corim).environment.class_map.reset();
                         },
                         Errc::missing_member, "class is missing"},
                    Flip{"KeyOfARealm", true,
                         [](auto& corim) {
                           corim.comids[0].attestation_keys =
                               test::CcaDevice().platform_corim().comids[0].attestation_keys;
                         },
                         Errc::unsupported, "realms have no key of their own"}),
    [](const auto& example) { return example.param.name; });

TEST_P(CcaProfile, RefusesWhatIsNotInIt) {
  const test::CcaDevice device;
  rats::Corim corim = GetParam().of_realm ? device.realm_corim() : device.platform_corim();
  ASSERT_TRUE(memory_store()->submit(corim, test::octets_of(corim)));
  GetParam().flip(corim);
  test::expect_refused(memory_store()->submit(corim, test::octets_of(corim)), GetParam().code, GetParam().why);
}

}  // namespace
}  // namespace credence::verifier
