// PSA_IOT: Veraison's scheme, without its holes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "base/text.h"
#include "evidence/psa/token.h"
#include "fixture.h"
#include "support/octet_changes.h"
#include "support/psa_device.h"
#include "verifier/endorsements.h"
#include "verifier/scheme/psa_iot/scheme.h"

namespace credence::verifier {
namespace {

const std::string kType(evidence::psa::kMediaType);
const std::string kScheme = "PSA_IOT";
const Bytes kNonce(32, 0x99);

class PsaIot : public testing::Test {
 protected:
  rats::Ear appraise(Bytes evidence, Challenge challenge = Nonce(kNonce), Timestamp now = test::kNow,
                     const std::string& type = kType) {
    return test::engine_over(store, {}, now)
        .appraise({.media_type = type, .evidence = std::move(evidence), .challenge = std::move(challenge)})
        .value();
  }
  rats::Ear appraise_device() { return appraise(device.token(kNonce)); }
  void provision() { test::provision(*store, device.corim()); }
  void provision(const std::function<void(rats::Corim&)>& change) {
    rats::Corim corim = device.corim();
    change(corim);
    test::provision(*store, corim);
  }
  void expect_refused(const rats::Ear& ear, Errc code, std::string_view why) {
    EXPECT_FALSE(ear.is_affirming());
    test::expect_problem(ear.submodules.at(kScheme), code, why);
  }

  test::PsaDevice device;
  std::shared_ptr<Store> store = memory_store();
};

rats::Measurement& first_measurement(rats::Corim& corim) {
  return corim.comids.at(0).reference_values.at(0).measurements.at(0);
}

TEST_F(PsaIot, AffirmsATokenForThisNonce) {
  provision();
  const rats::Ear ear = appraise_device();
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  const rats::Submodule& submodule = ear.submodules.at(kScheme);
  EXPECT_EQ(submodule.vector.value(), (rats::TrustVector{.claims = {2, 0, 2, 0, 2, 2, 2, 0}}));
  EXPECT_EQ(submodule.annotated_evidence.at("psa-client-id").as_int64(), -7);
  EXPECT_EQ(submodule.annotated_evidence.at("psa-software-components").as_array().size(), 2U);
  EXPECT_EQ(ear.ueid, device.instance);
  EXPECT_EQ(ear.credence.class_id, to_hex(device.implementation));
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_FALSE(submodule.attested_key);
}

TEST_F(PsaIot, AffirmsEveryProfileUnderEveryMediaType) {
  provision();
  for (const std::string_view type : psa_iot_scheme().media_types()) {
    for (const std::string profile : {"tag:psacertified.org,2023:psa#tfm", "http://arm.com/psa/2.0.0"}) {
      device.profile = profile;
      EXPECT_TRUE(appraise(device.token(kNonce), Nonce(kNonce), test::kNow, std::string(type)).is_affirming()) << type;
    }
    EXPECT_TRUE(appraise(device.sign(device.legacy_claims(kNonce)), Nonce(kNonce), test::kNow, std::string(type))
                    .is_affirming());
  }
}

TEST_F(PsaIot, RefusesAReplay) {
  provision();
  EXPECT_TRUE(appraise_device().is_affirming());
  Bytes other = kNonce;
  other.back() ^= 1;
  expect_refused(appraise(device.token(other)), Errc::nonce_mismatch, "another challenge");
  // A longer one that begins alike.
  Bytes longer = kNonce;
  longer.resize(64);
  expect_refused(appraise(device.token(longer)), Errc::nonce_mismatch, "another challenge");
  expect_refused(appraise(device.sign(device.legacy_claims(other))), Errc::nonce_mismatch, "another challenge");
}

TEST_F(PsaIot, SaysNothingOfAChannel) {
  provision();
  expect_refused(appraise(device.token(kNonce), test::binder(kNonce)), Errc::wrong_purpose, "nothing of a channel");
  const auto appraiser = local_appraiser(std::make_shared<const Engine>(test::engine_over(store)));
  EXPECT_THAT(appraiser->media_types(), testing::Not(testing::Contains(kType)));
}

TEST_F(PsaIot, RefusesEveryOneOctetChange) {
  provision();
  for (const Bytes& good : {device.token(kNonce), device.sign(device.legacy_claims(kNonce))})
    test::expect_changes_refused(good, [&](const Bytes& token) { return appraise(token).is_affirming(); },
                                 {test::kLowestBit, 0x20, test::kHighestBit});
}

TEST_F(PsaIot, RefusesAnotherKeyInstanceAndImplementation) {
  provision();
  test::PsaDevice other;
  expect_refused(appraise(other.token(kNonce)), Errc::bad_signature, "");
  other.instance.back() ^= 1;
  expect_refused(appraise(other.token(kNonce)), Errc::unknown_attester, "no endorsement names instance 0101");
  other = test::PsaDevice();
  other.implementation.back() ^= 1;
  expect_refused(appraise(other.token(kNonce)), Errc::unknown_attester, "of implementation 1d1d");
}

// --- what is installed ---

TEST_F(PsaIot, WarnsOfOtherSoftware) {
  provision();
  device.components[0].value[0] ^= 1;
  const rats::Ear ear = appraise_device();
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  EXPECT_EQ(ear.submodules.at(kScheme).vector.value(), (rats::TrustVector{.claims = {2, 0, 33, 0, 2, 2, 2, 0}}));
  expect_refused(
      ear, Errc::not_affirming,
      "software component BL 2.1.0: expected sha-256 " + to_hex(Bytes(32, 0x11)) + " version 2.1.0 signer 5151");
}

// veraison.md, weakness 7: the endorsed signer is not compared there.
TEST_F(PsaIot, ComparesTheSigner) {
  provision();
  device.components[1].signer[0] ^= 1;
  expect_refused(appraise_device(), Errc::not_affirming, "signer 50");
}

TEST_F(PsaIot, ComparesTypeAndVersion) {
  provision();
  device.components[0].version = "2.0.0";
  expect_refused(appraise_device(), Errc::not_affirming, "BL 2.0.0");
  device.components[0] = {.type = "ARoT"};
  expect_refused(appraise_device(), Errc::not_affirming, "expected none of this type");
}

TEST_F(PsaIot, ComparesNothingThatIsNotStated) {
  provision([](rats::Corim& corim) {
    first_measurement(corim).values.name.reset();
    first_measurement(corim).values.version.reset();
    first_measurement(corim).values.keys.clear();
  });
  device.components[0] = {.type = "Other", .version = "9", .value = Bytes(32, 0x11), .signer = Bytes(64, 1)};
  EXPECT_TRUE(appraise_device().is_affirming());
  device.components[0].value[0] ^= 1;
  expect_refused(appraise_device(), Errc::not_affirming, "Other 9");
}

TEST_F(PsaIot, NeedsEveryComponentApproved) {
  provision();
  device.components.push_back({.type = "ARoT", .version = "0", .value = Bytes(48, 3), .signer = Bytes(32, 0x51)});
  expect_refused(appraise_device(), Errc::not_affirming, "ARoT 0");
  device.components.pop_back();
  device.components.pop_back();
  EXPECT_TRUE(appraise_device().is_affirming());
}

// All of none are approved, in Veraison.
TEST_F(PsaIot, DoesNotAffirmATokenWithoutComponents) {
  provision();
  device.components.clear();
  const rats::Ear ear = appraise(device.sign(device.legacy_claims(kNonce)));
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  expect_refused(ear, Errc::not_affirming, "nothing was measured");
  expect_refused(appraise_device(), Errc::missing_member, "at least one software component");
}

TEST_F(PsaIot, DoesNotAffirmWithoutReferenceValues) {
  provision([](rats::Corim& corim) { corim.comids[0].reference_values.clear(); });
  const rats::Ear ear = appraise_device();
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  expect_refused(ear, Errc::no_reference_values, "no reference value is known for software of implementation 1d1d");
}

// --- the state of the device ---

struct State {
  std::uint64_t value = 0;
  std::string why;
};
class PsaLifecycle : public PsaIot, public testing::WithParamInterface<State> {};
INSTANTIATE_TEST_SUITE_P(States, PsaLifecycle,
                         testing::Values(State{0x00ff, "got unknown"}, State{0x1000, "got assembly and test"},
                                         State{0x2000, "got provisioning of the root of trust"},
                                         State{0x4000, "got debug outside the root of trust (0x4000)"},
                                         State{0x5001, "got debug of the root of trust"},
                                         State{0x60ff, "got decommissioned"}));

TEST_P(PsaLifecycle, ThatIsNotSecuredIsContraindicated) {
  provision();
  device.lifecycle = GetParam().value;
  const rats::Ear ear = appraise_device();
  EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
  EXPECT_EQ(ear.submodules.at(kScheme).vector.value(), (rats::TrustVector{.claims = {96, 0, 2, 0, 2, 96, 96, 0}}));
  expect_refused(ear, Errc::not_affirming, GetParam().why);
}

TEST_F(PsaIot, TakesEverySecuredStateAndNoUndefinedOne) {
  provision();
  device.lifecycle = 0x30ff;
  EXPECT_TRUE(appraise_device().is_affirming());
  for (const std::uint64_t undefined : {0x3100, 0x0100, 0x7000, 0x13000}) {
    device.lifecycle = undefined;
    expect_refused(appraise_device(), Errc::invalid_value, "psa-security-lifecycle");
  }
}

TEST_F(PsaIot, NamesEveryReason) {
  provision();
  device.lifecycle = 0x4000;
  device.components[0].value[0] ^= 1;
  device.components[1].value[0] ^= 1;
  const rats::Ear ear = appraise_device();
  for (const std::string_view why : {"security lifecycle", "component BL 2.1.0", "component PRoT 1.3.5"})
    expect_refused(ear, Errc::not_affirming, why);
}

// --- time and conflicts ---

TEST_F(PsaIot, EndsWithItsEndorsement) {
  const rats::Validity until_now{.not_before = {}, .not_after = test::kNow};
  provision([&](rats::Corim& corim) { corim.validity = until_now; });
  EXPECT_TRUE(appraise_device().is_affirming());
  const Timestamp later = test::kNow + std::chrono::milliseconds(1);
  expect_refused(appraise(device.token(kNonce), Nonce(kNonce), later), Errc::expired, "the endorsement of instance");
  // The key goes on, its values do not.
  provision([](rats::Corim& corim) {
    corim.id = std::string("key alone");
    corim.comids[0].reference_values.clear();
  });
  const rats::Ear ear = appraise(device.token(kNonce), Nonce(kNonce), later);
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  expect_refused(ear, Errc::expired, "component BL 2.1.0: the reference value expired at");
}

TEST_F(PsaIot, TakesNoSecondKeyForAnInstance) {
  provision();
  const test::PsaDevice other;
  rats::Corim corim = other.corim();
  corim.id = std::string("other");
  test::expect_refused(store->submit(corim, test::octets_of(corim)), Errc::conflict, "another key");
}

// --- the trace ---

TEST_F(PsaIot, NotesWhatItCompared) {
  const rats::Corim corim = device.corim();
  const std::string id = store->submit(corim, test::octets_of(corim)).value().id;
  device.components[1].value[0] ^= 1;
  const auto evidence = psa_iot_scheme().decode(kType, device.token(kNonce)).value();
  Trace trace = Trace::recording();
  Endorsements endorsements(*store, psa_iot_scheme(), test::kNow, trace);
  ASSERT_TRUE(evidence->authenticate(endorsements, {}));
  static_cast<void>(evidence->appraise(endorsements, {}));
  ASSERT_EQ(trace.steps().size(), 4U);
  const auto& [key, lifecycle, good, bad] =
      std::tie(trace.steps()[0], trace.steps()[1], trace.steps()[2], trace.steps()[3]);
  EXPECT_EQ(key.claim, "");
  EXPECT_EQ(key.source, "psa");
  EXPECT_EQ(lifecycle.claim, "instance-identity");
  EXPECT_EQ(lifecycle.actual, "0x3000 (secured)");
  EXPECT_TRUE(lifecycle.agrees);
  EXPECT_EQ(good.claim, "executables");
  EXPECT_EQ(good.subject, "software component BL 2.1.0");
  EXPECT_EQ(good.expected, good.actual);
  EXPECT_EQ(good.source, "psa");
  EXPECT_EQ(good.submission, id);
  EXPECT_TRUE(good.agrees);
  EXPECT_FALSE(bad.agrees);
  EXPECT_NE(bad.expected, bad.actual);
  EXPECT_EQ(bad.submodule, kScheme);
}

// --- CoRIMs ---

struct Flip {
  std::string name;
  std::function<void(rats::Corim&)> flip;
  Errc code{};
  std::string why;
};
void PrintTo(const Flip& flip, std::ostream* out) { *out << flip.name; }

rats::KeyTriple& key(rats::Corim& corim) { return corim.comids.at(0).attestation_keys.at(0); }
rats::Environment& values_of(rats::Corim& corim) { return corim.comids.at(0).reference_values.at(0).environment; }

class PsaProfile : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(
    Rules, PsaProfile,
    testing::Values(
        Flip{"NoClass",
             [](auto& corim) {
               values_of(corim) = key(corim).environment;
               values_of(corim).class_map.reset();
             },
             Errc::missing_member, "reference-triples: environment: class is missing"},
        Flip{"NoClassId", [](auto& corim) { key(corim).environment.class_map->id.reset(); }, Errc::missing_member,
             "attest-key-triples: environment.class: id is missing"},
        Flip{"ClassIsNoBytes", [](auto& corim) { values_of(corim).class_map->id->tag = rats::kTagOid; },
             Errc::unexpected_type, "expected bytes (tag 560), got tag 111"},
        Flip{"ShortClass", [](auto& corim) { values_of(corim).class_map->id->value.pop_back(); }, Errc::invalid_value,
             "of 32 octets, got 31"},
        Flip{"Group", [](auto& corim) { values_of(corim).group = rats::TaggedBytes{}; }, Errc::invalid_value,
             "a group is not allowed"},
        Flip{"ValuesOfAnInstance", [](auto& corim) { values_of(corim).instance = rats::TaggedBytes{}; },
             Errc::invalid_value, "not for an instance"},
        Flip{"NoInstance", [](auto& corim) { key(corim).environment.instance.reset(); }, Errc::missing_member,
             "instance is missing"},
        Flip{"InstanceIsNoUeid", [](auto& corim) { key(corim).environment.instance->tag = rats::kTagBytes; },
             Errc::unexpected_type, "expected a UEID (tag 550), got tag 560"},
        Flip{"UeidOfAnotherType", [](auto& corim) { key(corim).environment.instance->value[0] = 2; },
             Errc::invalid_value, "type RAND"},
        Flip{"TwoKeys", [](auto& corim) { key(corim).keys.push_back(key(corim).keys[0]); }, Errc::invalid_value,
             "exactly one key, got 2"},
        Flip{"Certificate", [](auto& corim) { key(corim).keys[0].tag = rats::kTagPkixBase64Cert; },
             Errc::unexpected_type, "expected a pkix-base64-key (tag 554), got tag 555"},
        Flip{"KeyWithConditions", [](auto& corim) { key(corim).authorized_by = key(corim).keys; }, Errc::unsupported,
             "conditions"},
        Flip{"NoMkey", [](auto& corim) { first_measurement(corim).key.reset(); }, Errc::missing_member,
             "[0]: mkey is missing"},
        Flip{"MkeyIsNoText", [](auto& corim) { first_measurement(corim).key = std::uint64_t{6}; },
             Errc::unexpected_type, "mkey: expected text"},
        Flip{"ConfigOfCca", [](auto& corim) { first_measurement(corim).key = std::string("cca.platform-config"); },
             Errc::invalid_value, "expected psa.software-component, got cca.platform-config"},
        Flip{"NoDigest", [](auto& corim) { first_measurement(corim).values.digests.clear(); }, Errc::missing_member,
             "mval.digests: expected a digest"},
        Flip{"SignerIsAKey", [](auto& corim) { first_measurement(corim).values.keys[0].tag = 554; },
             Errc::unexpected_type, "expected the signer-id as bytes (tag 560), got tag 554"},
        Flip{"MemberThatNobodyCompares",
             [](auto& corim) { first_measurement(corim).values.svn = rats::Svn{.value = 7, .minimum = true}; },
             Errc::unsupported, "a member that this profile does not compare"},
        Flip{"Authority", [](auto& corim) { first_measurement(corim).authorized_by = key(corim).keys; },
             Errc::unauthorized, "authorized-by"},
        Flip{"OtherTriples", [](auto& corim) { corim.comids[0].other_triples.emplace_back(99, Bytes{0x80}); },
             Errc::unsupported, "reference-triples and attest-key-triples only"}),
    [](const auto& example) { return example.param.name; });

TEST_P(PsaProfile, RefusesWhatIsNotInIt) {
  const test::PsaDevice device;
  rats::Corim corim = device.corim();
  ASSERT_TRUE(memory_store()->submit(corim, test::octets_of(corim)));
  GetParam().flip(corim);
  test::expect_refused(memory_store()->submit(corim, test::octets_of(corim)), GetParam().code, GetParam().why);
}

}  // namespace
}  // namespace credence::verifier
