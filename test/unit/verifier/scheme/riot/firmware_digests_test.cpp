// RIOT: which FWIDs match, on whose word, and which reference values a trace names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "support/dice_device.h"
#include "unit/verifier/signers_word.h"
#include "unit/verifier/traced.h"

namespace credence::verifier {
namespace {

using test::DiceDevice;
using test::submission_of;
using test::TraceSteps;
using testing::HasSubstr;
using testing::Not;
using Digests = std::vector<rats::CorimDigest>;

constexpr std::int64_t kSha256 = 1, kSha384 = 7;
constexpr std::string_view kSha256Oid = "2.16.840.1.101.3.4.2.1", kSha384Oid = "2.16.840.1.101.3.4.2.2",
                           kSha3Oid = "2.16.840.1.101.3.4.2.8";
const Bytes kDeviceNonce(32, 0x11);
const Bytes kFirst(32, 0xf1), kSecond(32, 0xf2), kLong(48, 0xf3);

using Fwids = std::vector<std::pair<std::string_view, Bytes>>;

// DiceTcbInfo { vendor, svn 3, fwids }
Bytes tcb_info_of(const Fwids& fwids) {
  using namespace test::dice_der;
  std::vector<Bytes> all;
  for (const auto& [algorithm, digest] : fwids) all.push_back(fwid(digest, algorithm));
  return element(0x30,
                 joined({element(0x80, as_bytes("Example")), element(0x83, Bytes{3}), element(0xa6, joined(all))}));
}

class RiotDigests : public testing::Test {
 protected:
  // A measurement for each.
  rats::Corim firmware(const std::vector<Digests>& approved, const std::string& id = "values") {
    rats::Corim corim = device.reference_values(id);
    std::vector<rats::Measurement>& measurements = corim.comids.at(0).reference_values.at(0).measurements;
    measurements.clear();
    for (const Digests& digests : approved) measurements.emplace_back().values.digests = digests;
    return corim;
  }
  rats::Ear appraise(const std::shared_ptr<Store>& store, Timestamp now = test::kNow) {
    return test::appraise_traced(store, evidence::dice::kPemChain,
                                 DiceDevice::pem(device.with_fresh_leaf(kDeviceNonce)), kDeviceNonce, now);
  }
  std::shared_ptr<Store> store_of(const std::vector<rats::Corim>& corims) {
    auto store = memory_store();
    test::provision(*store, device.roots());
    for (const rats::Corim& corim : corims) test::provision(*store, corim);
    return store;
  }
  void measure(const Fwids& fwids) {
    device.more_of_alias = {{std::string(evidence::dice::kTcbInfo), tcb_info_of(fwids), true}};
  }
  void expect_affirmed(const std::vector<Digests>& approved) {
    const rats::Ear ear = appraise(store_of({firmware(approved)}));
    EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  }
  rats::Ear expect_refused(const std::vector<Digests>& approved, std::string_view why = "no reference value") {
    const rats::Ear ear = appraise(store_of({firmware(approved)}));
    EXPECT_EQ(ear.status(), rats::Tier::warning);
    test::expect_problem(ear.submodules.at("RIOT"), Errc::not_affirming, why);
    return ear;
  }
  static TraceSteps about_fwids(const rats::Ear& ear) { return test::steps_about(ear, "FWID"); }

  DiceDevice device;
};

TEST_F(RiotDigests, AreComparedUnderTheirAlgorithm) {
  measure({{kSha256Oid, kFirst}});
  expect_affirmed({{{kSha256, kFirst}}});
  expect_affirmed({{{std::string("sha-256"), kFirst}}});
  measure({{kSha3Oid, kFirst}});
  expect_refused({{{kSha256, kFirst}}});
}

TEST_F(RiotDigests, OfOneMeasurementHoldTogether) {
  measure({{kSha256Oid, kFirst}, {kSha384Oid, kLong}});
  expect_affirmed({{{kSha256, kFirst}, {kSha384, kLong}}});
  expect_affirmed({{{kSha256, kFirst}}, {{kSha384, kLong}}});
  expect_refused({{{kSha256, kFirst}, {kSha384, Bytes(48, 1)}}});
  // Neither of the two is this firmware, though each has a digest of it.
  expect_refused({{{kSha256, kFirst}, {kSha384, Bytes(48, 1)}}, {{kSha256, Bytes(32, 1)}, {kSha384, kLong}}});
  // Nobody has approved what the other FWID says.
  expect_refused({{{kSha256, kFirst}}}, to_hex(kLong));
  measure({{kSha256Oid, kFirst}});
  expect_affirmed({{{kSha256, kFirst}, {kSha384, Bytes(48, 1)}}});
}

TEST_F(RiotDigests, OfOneAlgorithmTwiceMatchNothing) {
  measure({{kSha256Oid, kFirst}});
  const rats::Ear ear = expect_refused({{{kSha256, kFirst}, {kSha256, kSecond}}});
  ASSERT_EQ(about_fwids(ear).size(), 1U);
  EXPECT_THAT(about_fwids(ear)[0].expected, HasSubstr("one algorithm twice: nothing matches"));
  expect_refused({{{kSha256, kFirst}, {std::string("sha-256"), kFirst}}});
  expect_affirmed({{{kSha256, kFirst}}, {{kSha256, kSecond}}});

  measure({{kSha256Oid, kFirst}, {kSha256Oid, kSecond}});
  expect_refused({{{kSha256, kFirst}}, {{kSha256, kSecond}}}, "of one algorithm twice, which match nothing");
  // What is measured apart is stated apart.
  using namespace test::dice_der;
  device.more_of_alias = {
      {std::string(evidence::dice::kMultiTcbInfo),
       element(0x30, joined({tcb_info_of({{kSha256Oid, kFirst}}), tcb_info_of({{kSha256Oid, kSecond}})})), true}};
  expect_affirmed({{{kSha256, kFirst}}, {{kSha256, kSecond}}});
}

TEST_F(RiotDigests, OfARefusalAreNamedWithTheirCorimsTheNearestFirst) {
  measure({{kSha256Oid, kFirst}});
  rats::Corim other_svn = firmware({{{kSha256, kFirst}}}, "other svn");
  other_svn.comids.at(0).reference_values.at(0).measurements.at(0).values.svn = rats::Svn{.value = 4, .minimum = true};
  std::vector<rats::Corim> corims;
  for (std::uint8_t build = 0; build < 5; ++build)
    corims.push_back(firmware({{{kSha256, Bytes(32, build)}}}, "build " + std::to_string(build)));
  corims.push_back(other_svn);
  const auto store = store_of(corims);
  const rats::Ear ear = appraise(store);
  EXPECT_FALSE(ear.is_affirming());
  const TraceSteps steps = about_fwids(ear);
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[0].expected, "sha-256 " + to_hex(kFirst) + ", svn at least 4, vendor Example");
  EXPECT_EQ(steps[0].source, "other svn");
  EXPECT_EQ(steps[0].submission, submission_of("other svn"));
  for (const rats::TraceStep& step : steps) {
    EXPECT_EQ(step.actual, "sha-256 " + to_hex(kFirst) + ", svn 3, vendor Example");
    EXPECT_FALSE(step.agrees);
  }
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const std::string build = "build " + std::to_string(i - 1);
    EXPECT_THAT(steps[i].expected, HasSubstr(to_hex(Bytes(32, static_cast<std::uint8_t>(i - 1)))));
    EXPECT_EQ(steps[i].source, build);
    EXPECT_EQ(steps[i].submission, submission_of(build));
  }
  EXPECT_THAT(steps[3].expected, HasSubstr(", or one of 2 others"));

  test::provision(*store, firmware({{{kSha256, kFirst}}}, "right"));
  const rats::Ear good = appraise(store);
  ASSERT_TRUE(good.is_affirming());
  ASSERT_EQ(about_fwids(good).size(), 1U);
  EXPECT_EQ(about_fwids(good)[0].source, "right");
}

// A chain states as many as its device likes.
TEST_F(RiotDigests, OfARefusalAreFourAtMost) {
  using namespace test::dice_der;
  std::vector<Bytes> layers;
  std::vector<Digests> approved;
  for (std::uint8_t i = 0; i < 6; ++i) {
    layers.push_back(tcb_info_of({{kSha256Oid, Bytes(32, i)}}));
    approved.push_back({{kSha256, Bytes(32, i)}});
  }
  device.more_of_alias = {{std::string(evidence::dice::kMultiTcbInfo), element(0x30, joined(layers)), true}};
  expect_affirmed(approved);
  const rats::Ear ear = expect_refused({{{kSha256, kFirst}}}, to_hex(Bytes(32, 3)) + " and 2 more");
  EXPECT_THAT(std::string(ear.submodules.at("RIOT").policy_claims.at("problem").as_string()),
              Not(HasSubstr(to_hex(Bytes(32, 4)))));
}

// Of very many values the first ones are looked at for a trace, and all that state this FWID.
TEST_F(RiotDigests, AreFoundAmongVeryManyAndNotAllNamed) {
  measure({{kSha256Oid, kFirst}});
  std::vector<Digests> approved(3'000, Digests{{kSha256, kSecond}});
  approved.push_back({{kSha256, kFirst}});
  expect_affirmed(approved);
  rats::Corim corim = firmware(approved);
  corim.comids.at(0).reference_values.at(0).measurements.back().values.svn = rats::Svn{.value = 4};
  const rats::Ear ear = appraise(store_of({corim}));
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  const TraceSteps steps = about_fwids(ear);
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[0].expected, "sha-256 " + to_hex(kFirst) + ", svn 4, vendor Example");
  EXPECT_EQ(steps[3].expected, "sha-256 " + to_hex(kSecond) + ", vendor Example, or others");
}

// Digests of which nothing matches are not walked, however many they are.
TEST_F(RiotDigests, OfOneMeasurementMayBeVeryMany) {
  measure({{kSha256Oid, kFirst}});
  const Digests very_many(20'000, {kSha256, kFirst});
  const rats::Ear ear = expect_refused({very_many});
  ASSERT_EQ(about_fwids(ear).size(), 1U);
  EXPECT_THAT(about_fwids(ear)[0].expected, HasSubstr(" and 19996 more (one algorithm twice: nothing matches)"));
  expect_affirmed({very_many, {{kSha256, kFirst}}});
}

TEST_F(RiotDigests, SayWhenTheyWereGoodAndNothingOfOtherMakers) {
  measure({{kSha256Oid, kFirst}});
  rats::Corim old = firmware({{{kSha256, kFirst}}}, "old");
  old.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  rats::Corim others = firmware({{{kSha256, kSecond}}}, "of another maker");
  others.comids.at(0).reference_values.at(0).environment.class_map->vendor = "Other";
  const auto store = store_of({old, others});
  EXPECT_TRUE(appraise(store).is_affirming());
  const TraceSteps steps = about_fwids(appraise(store, test::kNow + Seconds(1)));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_THAT(steps[0].expected, HasSubstr("sha-256 " + to_hex(kFirst) + ", vendor Example, which expired at"));
  EXPECT_EQ(steps[0].source, "old");

  const TraceSteps unknown = about_fwids(appraise(store_of({others})));
  ASSERT_EQ(unknown.size(), 1U);
  EXPECT_TRUE(unknown[0].expected.empty());
  EXPECT_TRUE(unknown[0].source.empty());
  EXPECT_FALSE(unknown[0].agrees);
}

TEST_F(RiotDigests, OnTheWordOfTheSignerAreTaken) {
  measure({{kSha256Oid, kFirst}});
  const auto store = store_of({});
  test::expect_taken_on_the_word_of_the_signer(*store, {firmware({{{kSha256, kFirst}}})},
                                               [&] { return appraise(store); });
}

}  // namespace
}  // namespace credence::verifier
