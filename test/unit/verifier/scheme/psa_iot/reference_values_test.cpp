// PSA_IOT: which digests of reference values match, on whose word, and what a refusal says of those that do not.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "evidence/psa/token.h"
#include "support/psa_device.h"
#include "unit/verifier/signers_word.h"
#include "unit/verifier/traced.h"

namespace credence::verifier {
namespace {

const Bytes kPsaNonce(32, 0x99);

using Digests = std::vector<rats::CorimDigest>;

class PsaReferenceValues : public testing::Test {
 protected:
  rats::Ear appraise() const {
    return test::appraise_traced(store, evidence::psa::kMediaType, device.token(kPsaNonce), kPsaNonce);
  }
  // Of one CoRIM that has these digests for the first component.
  rats::Ear appraise_with(const Digests& digests) {
    rats::Corim corim = device.corim();
    corim.comids[0].reference_values[0].measurements[0].values.digests = digests;
    store = memory_store();
    test::provision(*store, corim);
    return appraise();
  }
  std::string provision(const std::string& id, const std::vector<test::DeviceComponent>& components) {
    test::PsaDevice with_those = device;
    with_those.components = components;
    rats::Corim corim = with_those.corim();
    corim.id = id;
    corim.comids[0].id = id;
    return store->submit(corim, test::octets_of(corim)).value().id;
  }
  static test::TraceSteps refusals(const rats::Ear& ear) {
    return test::steps_where(ear, [](const auto& step) { return !step.agrees && step.claim == "executables"; });
  }
  static void expect_refused(const rats::Ear& ear, std::string_view why) {
    EXPECT_EQ(ear.status(), rats::Tier::warning);
    test::expect_problem(ear.submodules.at("PSA_IOT"), Errc::not_affirming, why);
  }

  test::PsaDevice device;
  std::shared_ptr<Store> store = memory_store();
  const Bytes good = device.components[0].value;
  const Bytes other = Bytes(32, 0x77);
};

TEST_F(PsaReferenceValues, AreComparedByTheirAlgorithm) {
  for (const rats::CorimDigest& digest : Digests{{std::int64_t{1}, good}, {std::string("sha-256"), good}})
    EXPECT_TRUE(appraise_with({digest}).is_affirming());
  for (const rats::CorimDigest& digest : Digests{{std::int64_t{10}, good}, {std::string("sha3-256"), good}})
    expect_refused(appraise_with({digest}), "got sha-256 " + to_hex(good));
}

TEST_F(PsaReferenceValues, AreComparedWithTheAlgorithmThatTheTokenNames) {
  device.components[0].description = "sha3-256";
  EXPECT_TRUE(appraise_with({{std::string("sha3-256"), good}}).is_affirming());
  expect_refused(appraise_with({{std::int64_t{1}, good}}), "expected sha-256 " + to_hex(good) +
                                                               " version 2.1.0 signer " + to_hex(Bytes(32, 0x51)) +
                                                               ", got sha3-256 " + to_hex(good));
  for (const std::string description : {"sha-256", "SHA256", "TF-M_SHA256MemPreXIP"}) {
    device.components[0].description = description;
    EXPECT_TRUE(appraise_with({{std::int64_t{1}, good}}).is_affirming()) << description;
  }
}

// They were alternatives once.
TEST_F(PsaReferenceValues, MatchNothingWhenAnAlgorithmStandsTwice) {
  EXPECT_TRUE(appraise_with({{std::int64_t{1}, good}}).is_affirming());
  for (const Digests& twice : {Digests{{std::int64_t{1}, good}, {std::int64_t{1}, other}},
                               Digests{{std::int64_t{1}, other}, {std::string("sha-256"), good}},
                               Digests{{std::int64_t{1}, good}, {std::int64_t{1}, good}}})
    expect_refused(appraise_with(twice), "(one algorithm twice: nothing matches)");
}

TEST_F(PsaReferenceValues, MatchByTheOneAlgorithmInCommon) {
  EXPECT_TRUE(appraise_with({{std::int64_t{7}, Bytes(48, 1)}, {std::int64_t{1}, good}}).is_affirming());
  EXPECT_TRUE(appraise_with({{std::int64_t{1}, good}, {std::string("sha3-256"), other}}).is_affirming());
  expect_refused(appraise_with({{std::int64_t{7}, Bytes(48, 1)}, {std::int64_t{8}, Bytes(64, 1)}}), "sha-384 0101");
  // The octets are those of another algorithm's.
  expect_refused(appraise_with({{std::int64_t{1}, other}, {std::string("sha3-256"), good}}), "sha-256 7777");
}

TEST_F(PsaReferenceValues, AreNamedByARefusalWithTheirCorim) {
  const std::string first = provision("spring", device.components);
  auto later = device.components;
  later[0].version = "3.0.0";
  later[0].value = other;
  const std::string second = provision("summer", later);
  EXPECT_TRUE(refusals(appraise()).empty());
  device.components[0].value = Bytes(32, 0x66);
  const auto steps = refusals(appraise());
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].subject, "software component BL 2.1.0");
  EXPECT_EQ(steps[0].source, "spring");
  EXPECT_EQ(steps[0].submission, first);
  EXPECT_TRUE(steps[0].expected.starts_with("sha-256 " + to_hex(good) + " version 2.1.0")) << steps[0].expected;
  EXPECT_TRUE(steps[0].actual.starts_with("sha-256 " + to_hex(Bytes(32, 0x66)))) << steps[0].actual;
  EXPECT_EQ(steps[1].source, "summer");
  EXPECT_EQ(steps[1].submission, second);
  EXPECT_TRUE(steps[1].expected.starts_with("sha-256 " + to_hex(other) + " version 3.0.0")) << steps[1].expected;
  EXPECT_EQ(steps[1].actual, steps[0].actual);
}

TEST_F(PsaReferenceValues, AreNamedNearestFirstAndFourAtMost) {
  for (std::uint8_t i = 0; i < 6; ++i)
    provision("build " + std::to_string(i), {{.type = "BL", .version = "2.1.0", .value = Bytes(32, i)}});
  device.components.resize(1);
  device.components[0].value = Bytes(32, 5);
  EXPECT_TRUE(appraise().is_affirming());
  device.components[0].signer = Bytes(32, 0x52);
  const rats::Ear ear = appraise();
  expect_refused(ear, " or others, got sha-256 0505");
  const auto steps = refusals(ear);
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[0].source, "build 5");  // another signer only
  EXPECT_EQ(steps[1].source, "build 0");
  EXPECT_EQ(steps[3].source, "build 2");
  EXPECT_TRUE(steps[3].expected.ends_with(" or others")) << steps[3].expected;
}

// A token has as many components as its device likes.
TEST_F(PsaReferenceValues, OfFourComponentsAtMostAreNamedByARefusal) {
  device.components.assign(7, {.value = Bytes(32, 0x11)});
  provision("spring", device.components);
  EXPECT_TRUE(appraise().is_affirming());
  for (std::size_t i = 0; i < 4; ++i) device.components[i].value = Bytes(32, 0x66);
  const auto why = [&] {
    return std::string(appraise().submodules.at("PSA_IOT").policy_claims.at("problem").as_string());
  };
  EXPECT_EQ(why().find(" more components"), std::string::npos) << why();
  for (test::DeviceComponent& component : device.components) component.value = Bytes(32, 0x66);
  EXPECT_TRUE(why().ends_with("; and 3 more components")) << why();
  std::size_t named = 0;
  for (std::size_t at = why().find("software component"); at != std::string::npos;
       at = why().find("software component", at + 1))
    ++named;
  EXPECT_EQ(named, 4U) << why();
}

TEST_F(PsaReferenceValues, AreNamedOfAnyTypeWhereNoneIsOfThis) {
  provision("spring", device.components);
  device.components[0].type = "ARoT";
  const rats::Ear ear = appraise();
  expect_refused(ear, "software component ARoT 2.1.0: expected none of this type");
  const auto steps = refusals(ear);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_TRUE(steps[0].expected.starts_with("BL: sha-256 1111")) << steps[0].expected;
  EXPECT_TRUE(steps[1].expected.starts_with("PRoT: sha-256 2222")) << steps[1].expected;
  EXPECT_EQ(steps[1].source, "spring");
}

TEST_F(PsaReferenceValues, AreNamedWhenTheyAreNotValidNow) {
  rats::Corim corim = device.corim();
  corim.validity = rats::Validity{.not_before = {}, .not_after = test::kNow - std::chrono::milliseconds(1)};
  corim.comids[0].attestation_keys.clear();
  test::provision(*store, corim);
  rats::Corim key = device.corim();
  key.id = std::string("key alone");
  key.comids[0].id = std::string("key");
  key.comids[0].reference_values.clear();
  test::provision(*store, key);
  const auto steps = refusals(appraise());
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].source, "psa");
  EXPECT_NE(steps[0].expected.find(", which expired at "), std::string::npos) << steps[0].expected;
}

TEST_F(PsaReferenceValues, AreSaidToBeMissing) {
  rats::Corim corim = device.corim();
  corim.comids[0].reference_values.clear();
  test::provision(*store, corim);
  const auto steps = refusals(appraise());
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].subject, "reference values for software of implementation " + to_hex(device.implementation));
  EXPECT_EQ(steps[0].actual, "no CoRIM has any");
}

TEST_F(PsaReferenceValues, OfTheKeyAreNamedByARefusal) {
  const auto key_step = [&] {
    return test::steps_beginning(appraise(), "attestation key of instance " + to_hex(device.instance)).at(0);
  };
  EXPECT_EQ(key_step().actual, "no CoRIM has any");
  const std::string endorsed = provision("spring", device.components);
  EXPECT_TRUE(key_step().agrees);
  EXPECT_EQ(key_step().submission, endorsed);
  const Bytes spki = to_bytes(device.key.public_key().spki());
  device.key = test::make_key();
  const rats::TraceStep step = key_step();
  EXPECT_FALSE(step.agrees);
  EXPECT_EQ(step.expected, to_hex(spki));
  EXPECT_NE(step.actual.find("bad_signature"), std::string::npos) << step.actual;
  EXPECT_EQ(step.source, "spring");
  EXPECT_EQ(step.submission, endorsed);
}

TEST_F(PsaReferenceValues, OnTheWordOfTheSignerAreTaken) {
  test::expect_taken_on_the_word_of_the_signer(*store, {device.corim()}, [this] { return appraise(); });
}

}  // namespace
}  // namespace credence::verifier
