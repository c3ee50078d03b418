// ARM_CCA: which digests of reference values match, on whose word, and what a refusal says of those that do not.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "base/text.h"
#include "evidence/cca/token.h"
#include "support/cca_device.h"
#include "unit/verifier/signers_word.h"
#include "unit/verifier/traced.h"

namespace credence::verifier {
namespace {

const Bytes kCcaNonce(32, 0x99);
const std::string kPlatformPart = "CCA_SSD_PLATFORM";
const std::string kRealmPart = "CCA_REALM";

using Digests = std::vector<rats::CorimDigest>;

class CcaReferenceValues : public testing::Test {
 protected:
  rats::Ear appraise() const {
    return test::appraise_traced(store, evidence::cca::kMediaType, device.token(kCcaNonce), kCcaNonce);
  }
  std::string provision(rats::Corim corim, const std::string& id) {
    corim.id = id;
    corim.comids[0].id = id;
    return store->submit(corim, test::octets_of(corim)).value().id;
  }
  static void state(rats::Corim& corim, const std::string& mkey, const Digests& digests) {
    for (rats::Measurement& measurement : corim.comids[0].reference_values[0].measurements)
      if (measurement.key == rats::MeasurementKey(mkey)) measurement.values.digests = digests;
  }
  // Of a store that knows these digests for this measurement, and all the rest as it is.
  rats::Ear appraise_with(const std::string& mkey, const Digests& digests) {
    store = memory_store();
    rats::Corim platform = device.platform_corim(), realm = device.realm_corim();
    state(platform, mkey, digests);
    state(realm, mkey, digests);
    provision(platform, "platform");
    provision(realm, "realm");
    return appraise();
  }
  static void expect_refused(const rats::Ear& ear, const std::string& submodule, std::string_view why) {
    EXPECT_EQ(ear.status(), rats::Tier::warning);
    test::expect_problem(ear.submodules.at(submodule), Errc::not_affirming, why);
  }

  test::CcaDevice device;
  std::shared_ptr<Store> store = memory_store();
};

// Of the realm: the register, and the measurement that it is found by.
struct Measured {
  std::string mkey;
  std::string why;
  Bytes value;
};
void PrintTo(const Measured& measured, std::ostream* out) { *out << measured.mkey; }

class CcaRealmDigests : public CcaReferenceValues, public testing::WithParamInterface<Measured> {};
INSTANTIATE_TEST_SUITE_P(Measurements, CcaRealmDigests,
                         testing::Values(Measured{"cca.rim", "realm initial measurement", Bytes(32, 0x1d)},
                                         Measured{"cca.rem0", "realm extensible measurement 0", Bytes(32, 0xe0)},
                                         Measured{"cca.rem3", "realm extensible measurement 3", Bytes(32, 0x00)}));

TEST_P(CcaRealmDigests, AreComparedByTheirAlgorithm) {
  const auto& [mkey, why, value] = GetParam();
  for (const rats::CorimDigest& digest : Digests{{std::int64_t{1}, value}, {std::string("sha-256"), value}})
    EXPECT_TRUE(appraise_with(mkey, {digest}).is_affirming());
  for (const rats::CorimDigest& digest : Digests{{std::int64_t{10}, value}, {std::string("sha3-256"), value}}) {
    const rats::Ear ear = appraise_with(mkey, {digest});
    expect_refused(ear, kRealmPart, why + ": expected ");
    expect_refused(ear, kRealmPart, "got sha-256 " + to_hex(value));
  }
}

TEST_P(CcaRealmDigests, AreComparedWithTheAlgorithmThatTheTokenNames) {
  const auto& [mkey, why, value] = GetParam();
  ASSERT_TRUE(appraise_with(mkey, {{std::int64_t{1}, value}}).is_affirming());
  device.realm_hash = "sha3-256";
  expect_refused(appraise_with(mkey, {{std::int64_t{1}, value}}), kRealmPart, "got sha3-256");
  // All of them by that algorithm.
  store = memory_store();
  rats::Corim realm = device.realm_corim();
  for (rats::Measurement& measurement : realm.comids[0].reference_values[0].measurements)
    for (rats::CorimDigest& digest : measurement.values.digests) digest.algorithm = std::string("sha3-256");
  provision(device.platform_corim(), "platform");
  provision(realm, "realm");
  EXPECT_TRUE(appraise().is_affirming());
}

// They were alternatives once.
TEST_P(CcaRealmDigests, MatchNothingWhenAnAlgorithmStandsTwice) {
  const auto& [mkey, why, value] = GetParam();
  EXPECT_TRUE(appraise_with(mkey, {{std::int64_t{1}, value}}).is_affirming());
  for (const Digests& twice : {Digests{{std::int64_t{1}, value}, {std::int64_t{1}, Bytes(32, 0x77)}},
                               Digests{{std::string("sha-256"), Bytes(32, 0x77)}, {std::int64_t{1}, value}}})
    expect_refused(appraise_with(mkey, twice), kRealmPart, "(one algorithm twice: nothing matches)");
}

TEST_P(CcaRealmDigests, MatchByTheOneAlgorithmInCommon) {
  const auto& [mkey, why, value] = GetParam();
  EXPECT_TRUE(appraise_with(mkey, {{std::int64_t{7}, Bytes(48, 1)}, {std::int64_t{1}, value}}).is_affirming());
  expect_refused(appraise_with(mkey, {{std::int64_t{1}, Bytes(32, 0x77)}, {std::string("sha3-256"), value}}),
                 kRealmPart, "sha-256 7777");
}

TEST_F(CcaReferenceValues, OfThePlatformAreComparedByTheirAlgorithm) {
  device.components.resize(1);
  const Bytes value = device.components[0].value;
  const std::string mkey = "cca.software-component";
  EXPECT_TRUE(appraise_with(mkey, {{std::string("sha-256"), value}}).is_affirming());
  EXPECT_TRUE(appraise_with(mkey, {{std::int64_t{8}, Bytes(64, 1)}, {std::int64_t{1}, value}}).is_affirming());
  expect_refused(appraise_with(mkey, {{std::string("sha3-256"), value}}), kPlatformPart, "expected sha3-256 1111");
  expect_refused(appraise_with(mkey, {{std::int64_t{1}, value}, {std::int64_t{1}, value}}), kPlatformPart,
                 "(one algorithm twice: nothing matches)");
  device.components[0].description = "sha3-256";
  EXPECT_TRUE(appraise_with(mkey, {{std::string("sha3-256"), value}}).is_affirming());
  expect_refused(appraise_with(mkey, {{std::int64_t{1}, value}}), kPlatformPart, "got sha3-256 1111");
}

// Veraison's own pair is like this: a realm token that names SHA-256, with values of 64 octets.
TEST_F(CcaReferenceValues, AreByTheAlgorithmOfTheLengthWhenTheNameCannotBe) {
  device.initial_measurement = Bytes(64, 0x43);
  EXPECT_TRUE(appraise_with("cca.rim", {{std::int64_t{8}, device.initial_measurement}}).is_affirming());
  expect_refused(appraise_with("cca.rim", {{std::string("sha3-512"), device.initial_measurement}}), kRealmPart,
                 "expected sha3-512 4343");
}

TEST_F(CcaReferenceValues, OfTheNearestRealmsAreNamedWithTheirCorim) {
  provision(device.platform_corim(), "platform");
  test::CcaDevice other = device;
  other.personalization = Bytes(64, 0xbb);
  const std::string stranger = provision(other.realm_corim(), "another person");
  const std::string nearest = provision(device.realm_corim(), "this person");
  EXPECT_TRUE(test::refusals_beginning(appraise(), "realm").empty());
  device.registers[1] = Bytes(32, 0x66);
  const rats::Ear ear = appraise();
  expect_refused(ear, kRealmPart, "realm extensible measurement 1: expected sha-256 e1e1");
  const auto steps = test::refusals_beginning(ear, "realm");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].subject, "realm extensible measurement 1");
  EXPECT_EQ(steps[0].expected, "sha-256 " + to_hex(Bytes(32, 0xe1)));
  EXPECT_EQ(steps[0].actual, "sha-256 " + to_hex(Bytes(32, 0x66)));
  EXPECT_EQ(steps[0].source, "this person");
  EXPECT_EQ(steps[0].submission, nearest);
  EXPECT_EQ(steps[1].subject, "realm personalization value");
  EXPECT_EQ(steps[1].expected, to_hex(other.personalization));
  EXPECT_EQ(steps[1].source, "another person");
  EXPECT_EQ(steps[1].submission, stranger);
}

TEST_F(CcaReferenceValues, OfAnotherAlgorithmAreNamedWithTheirCorim) {
  const auto refusal = test::refusals_beginning(
      appraise_with("cca.rim", {{std::string("sha3-256"), device.initial_measurement}}), "realm initial measurement");
  ASSERT_EQ(refusal.size(), 1U);
  EXPECT_EQ(refusal[0].expected, "sha3-256 " + to_hex(device.initial_measurement));
  EXPECT_EQ(refusal[0].actual, "sha-256 " + to_hex(device.initial_measurement));
  EXPECT_EQ(refusal[0].source, "realm");
}

TEST_F(CcaReferenceValues, OfRealmsAreNamedFourAtMost) {
  provision(device.platform_corim(), "platform");
  for (std::uint8_t i = 0; i < 6; ++i) {
    test::CcaDevice other = device;
    other.personalization = Bytes(64, i);
    provision(other.realm_corim(), "person " + std::to_string(i));
  }
  const rats::Ear ear = appraise();
  EXPECT_EQ(ear.submodules.at(kRealmPart).vector.value(), (rats::TrustVector{.claims = {2, 0, 96, 0, 0, 0, 0, 0}}));
  const auto steps = test::refusals_beginning(ear, "realm personalization value");
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[2].expected, to_hex(Bytes(64, 2)));
  EXPECT_EQ(steps[3].expected, to_hex(Bytes(64, 3)) + ", or one of 2 other realms");
  device.personalization = Bytes(64, 5);
  EXPECT_TRUE(appraise().is_affirming());
}

TEST_F(CcaReferenceValues, OfTheConfigurationAreNamedFourAtMost) {
  provision(device.realm_corim(), "realm");
  for (std::uint8_t i = 0; i < 6; ++i) {
    test::CcaDevice other = device;
    other.config = {i};
    provision(other.platform_corim(), "platform " + std::to_string(i));
  }
  const rats::Ear ear = appraise();
  expect_refused(ear, kPlatformPart, "expected 00 or 01 or 02 or 03, or one of 2 others, got 010203");
  const auto steps = test::refusals_beginning(ear, "platform configuration");
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[2].expected, "02");
  EXPECT_EQ(steps[2].actual, "010203");
  EXPECT_EQ(steps[2].source, "platform 2");
  EXPECT_FALSE(steps[2].submission.empty());
  device.config = {5};
  const rats::Ear good = appraise();
  EXPECT_TRUE(good.is_affirming());
  EXPECT_TRUE(test::refusals_beginning(good, "platform configuration").empty());
}

TEST_F(CcaReferenceValues, AreSaidToBeMissing) {
  rats::Corim platform = device.platform_corim();
  platform.comids[0].reference_values.clear();
  provision(platform, "platform");
  const rats::Ear ear = appraise();
  for (const std::string_view subject :
       {"reference values for software of implementation 1d1d", "platform configurations of implementation 1d1d",
        "reference values for a realm with initial measurement 1d1d"}) {
    const auto steps = test::refusals_beginning(ear, subject);
    ASSERT_EQ(steps.size(), 1U) << subject;
    EXPECT_EQ(steps[0].actual, "no CoRIM has any");
  }
}

TEST_F(CcaReferenceValues, OfTheKeyAreNamedByARefusal) {
  const std::string subject = "attestation key of instance " + to_hex(device.instance);
  EXPECT_EQ(test::refusals_beginning(appraise(), subject).at(0).actual, "no CoRIM has any");
  const std::string endorsed = provision(device.platform_corim(), "platform");
  EXPECT_TRUE(test::refusals_beginning(appraise(), subject).empty());
  const Bytes spki = to_bytes(device.platform_key.public_key().spki());
  device.platform_key = test::make_key();
  const auto steps = test::refusals_beginning(appraise(), subject);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].submodule, "ARM_CCA");
  EXPECT_EQ(steps[0].expected, to_hex(spki));
  EXPECT_NE(steps[0].actual.find("bad_signature"), std::string::npos) << steps[0].actual;
  EXPECT_EQ(steps[0].submission, endorsed);
}

TEST_F(CcaReferenceValues, OnTheWordOfTheSignerAreTaken) {
  test::expect_taken_on_the_word_of_the_signer(*store, {device.platform_corim(), device.realm_corim()},
                                               [this] { return appraise(); });
}

}  // namespace
}  // namespace credence::verifier
