// SEVSNP: which digests of a field match, on whose word, and which reference values a trace names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "support/snp_machine.h"
#include "unit/verifier/signers_word.h"
#include "unit/verifier/traced.h"

namespace credence::verifier {
namespace {

using test::SnpMachine;
using test::steps_about;
using test::submission_of;
using test::TraceSteps;
using testing::HasSubstr;
using Digests = std::vector<rats::CorimDigest>;

constexpr std::int64_t kSha384 = 7, kSha3 = 11;
const Bytes kReportNonce(64, 0x11);

class SevSnpDigests : public testing::Test {
 protected:
  void SetUp() override { test::provision(*store, SnpMachine::roots()); }

  rats::Ear appraise(Timestamp now = test::kNow) {
    return test::appraise_traced(store, evidence::sevsnp::kTsmReportCbor, machine.evidence(kReportNonce), kReportNonce,
                                 now);
  }
  rats::Corim with_measurement(const Digests& digests) {
    rats::Corim corim = machine.reference_values();
    corim.comids.at(0).reference_values.at(0).measurements.at(0).values.digests = digests;
    return corim;
  }
  void expect_not_taken(const Digests& digests) {
    const rats::Corim corim = with_measurement(digests);
    test::expect_refused(store->submit(corim, test::octets_of(corim)), Errc::invalid_value,
                         "mkey 641 (MEASUREMENT): expected one digest of SHA-384");
  }

  SnpMachine machine;
  std::shared_ptr<Store> store = memory_store();
};

TEST_F(SevSnpDigests, AreComparedUnderTheirAlgorithm) {
  expect_not_taken({{kSha3, machine.measurement}});
  EXPECT_FALSE(appraise().is_affirming());
  test::provision(*store, with_measurement({{std::string("sha-384"), machine.measurement}}));
  EXPECT_TRUE(appraise().is_affirming());
}

TEST_F(SevSnpDigests, OfOneAlgorithmTwiceMatchNothing) {
  expect_not_taken({{kSha384, machine.measurement}, {kSha384, machine.measurement}});
  expect_not_taken({{kSha384, machine.measurement}, {std::string("sha-384"), Bytes(48, 1)}});
  EXPECT_FALSE(appraise().is_affirming());
  test::provision(*store, with_measurement({{kSha384, machine.measurement}}));
  EXPECT_TRUE(appraise().is_affirming());
}

TEST_F(SevSnpDigests, OfARefusalAreNamedWithTheirCorimsTheNearestFirst) {
  // Build n misses in GUEST_SVN, and all but the third in HOST_DATA too.
  for (std::uint64_t build = 1; build <= 6; ++build) {
    std::vector<rats::Measurement> more{SnpMachine::svn(1, 100 + build, false)};
    if (build != 3) more.push_back(SnpMachine::raw(642, Bytes(32, 1)));
    test::provision(*store, machine.reference_values(std::move(more), "build " + std::to_string(build)));
  }
  const rats::Ear ear = appraise();
  test::expect_problem(ear.submodules.at("SEVSNP"), Errc::not_affirming, "GUEST_SVN: expected 103");
  test::expect_builds_named(
      steps_about(ear, "GUEST_SVN"), {3, 1, 2, 4}, [](int build) { return std::to_string(100 + build); },
      "0x0000000000000007");
  EXPECT_EQ(steps_about(ear, "HOST_DATA").size(), 3U);
  ASSERT_EQ(steps_about(ear, "other sets of reference values").size(), 1U);
  EXPECT_EQ(steps_about(ear, "other sets of reference values")[0].actual, "2 more are not met");

  // Of the set that is met, and no other.
  test::provision(*store, machine.reference_values({SnpMachine::svn(1, 7, false)}, "right"));
  const rats::Ear good = appraise();
  ASSERT_TRUE(good.is_affirming());
  ASSERT_EQ(steps_about(good, "GUEST_SVN").size(), 1U);
  EXPECT_EQ(steps_about(good, "GUEST_SVN")[0].source, "right");
  EXPECT_TRUE(steps_about(good, "HOST_DATA").empty());
}

TEST_F(SevSnpDigests, ThatNobodyStatesOrNotNowAreInTheTrace) {
  const TraceSteps unknown = steps_about(appraise(), "MEASUREMENT");
  ASSERT_EQ(unknown.size(), 1U);
  EXPECT_EQ(unknown[0].actual, to_hex(machine.measurement));
  EXPECT_TRUE(unknown[0].expected.empty());
  EXPECT_FALSE(unknown[0].agrees);

  rats::Corim old = machine.reference_values({}, "old");
  old.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  test::provision(*store, old);
  EXPECT_TRUE(appraise().is_affirming());
  const TraceSteps expired = steps_about(appraise(test::kNow + Seconds(1)), "MEASUREMENT");
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_THAT(expired[0].expected, HasSubstr(to_hex(machine.measurement) + ", which expired at"));
  EXPECT_EQ(expired[0].source, "old");
  EXPECT_EQ(expired[0].submission, submission_of("old"));
  EXPECT_FALSE(expired[0].agrees);
}

TEST_F(SevSnpDigests, ThatNoSetAllowsNameTheSetThatDoesNot) {
  machine.platform_info |= 1;
  test::provision(*store, machine.reference_values());
  const rats::Ear ear = appraise();
  EXPECT_FALSE(ear.is_affirming());
  const TraceSteps hazards = test::steps_where(ear, [](const auto& step) { return step.actual == "present"; });
  ASSERT_FALSE(hazards.empty());
  EXPECT_THAT(hazards[0].subject, HasSubstr("multithreading"));
  EXPECT_THAT(hazards[0].expected, HasSubstr("absent, or allowed by PLATFORM_INFO (mkey 7)"));
  EXPECT_EQ(hazards[0].source, "values");
  EXPECT_EQ(hazards[0].submission, submission_of("values"));
  EXPECT_FALSE(hazards[0].agrees);

  test::provision(*store, machine.reference_values({SnpMachine::raw(7, {0, 0, 0, 0, 0, 0, 0, 0x25})}, "allowing"));
  EXPECT_TRUE(appraise().is_affirming());
}

TEST_F(SevSnpDigests, OnTheWordOfTheSignerAreTaken) {
  test::expect_taken_on_the_word_of_the_signer(*store, {machine.reference_values()}, [this] { return appraise(); });
}

}  // namespace
}  // namespace credence::verifier
