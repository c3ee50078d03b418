// PARSEC_TPM: which digests of a PCR match, and which reference values a trace names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "unit/verifier/traced.h"

namespace credence::verifier {
namespace {

using test::EvidenceMaker;
using test::steps_beginning;
using test::submission_of;
using test::TraceSteps;
using testing::HasSubstr;
using testing::Not;
using Digests = std::vector<rats::CorimDigest>;

constexpr std::int64_t kSha256 = 1, kSha384 = 7, kSha3 = 10;
const Bytes kRight(32, 0x01), kOther(32, 0x55);

// What the class may have in PCR 1, in a measurement for each.
rats::Corim values_of(const EvidenceMaker& maker, const std::vector<Digests>& of_pcr_1,
                      const std::string& id = "values") {
  rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  corim.id = id;
  std::vector<rats::Measurement>& measurements = corim.comids.at(0).reference_values.at(0).measurements;
  std::erase_if(measurements, [](const rats::Measurement& measurement) {
    return measurement.key == rats::MeasurementKey(std::uint64_t{1});
  });
  for (const Digests& digests : of_pcr_1) {
    rats::Measurement& measurement = measurements.emplace_back();
    measurement.key = std::uint64_t{1};
    measurement.values.digests = digests;
  }
  return corim;
}

std::shared_ptr<Store> store_of(const EvidenceMaker& maker, const std::vector<rats::Corim>& corims) {
  auto store = memory_store();
  test::provision(*store, evidence::tpm::keys_corim(maker.endorsement()).value());
  for (const rats::Corim& corim : corims) test::provision(*store, corim);
  return store;
}

rats::Ear appraise(const EvidenceMaker& maker, const std::vector<rats::Corim>& corims, Timestamp now = test::kNow) {
  return test::appraise_traced(store_of(maker, corims), test::channel_request(maker), now);
}

// With the values of the PCRs beside the quote, and without.
class ParsecTpmDigests : public testing::TestWithParam<bool> {
 protected:
  ParsecTpmDigests() { maker.sends_pcrs = GetParam(); }
  void expect_affirmed(const std::vector<Digests>& of_pcr_1) {
    const rats::Ear ear = appraise(maker, {values_of(maker, of_pcr_1)});
    EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  }
  rats::Ear expect_refused(const std::vector<Digests>& of_pcr_1, std::string_view why) {
    const rats::Ear ear = appraise(maker, {values_of(maker, of_pcr_1)});
    EXPECT_EQ(ear.status(), rats::Tier::warning);
    test::expect_problem(test::submodule(ear), Errc::pcr_mismatch, why);
    return ear;
  }

  EvidenceMaker maker;
};
INSTANTIATE_TEST_SUITE_P(Values, ParsecTpmDigests, testing::Bool(),
                         [](const auto& example) { return example.param ? "Sent" : "NotSent"; });

TEST_P(ParsecTpmDigests, OfAnotherAlgorithmAreNotCompared) {
  expect_affirmed({{{kSha256, kRight}}});
  expect_affirmed({{{std::string("sha-256"), kRight}}});
  expect_refused({{{kSha3, kRight}, {kSha256, kOther}}}, "expected ");
  expect_affirmed({{{kSha3, kOther}, {kSha256, kRight}}});
  // As Veraison's own template states each PCR of two banks.
  expect_affirmed({{{kSha256, kRight}, {kSha384, Bytes(48, 0x55)}}});
}

TEST_P(ParsecTpmDigests, OfOneAlgorithmTwiceMatchNothing) {
  for (const Digests& ambiguous :
       {Digests{{kSha256, kRight}, {kSha256, kOther}}, Digests{{kSha256, kRight}, {std::string("sha-256"), kRight}},
        Digests{{kSha256, kRight}, {kSha3, kOther}, {kSha3, kRight}}}) {
    const rats::Ear ear =
        expect_refused({ambiguous}, "CoRIM values states an algorithm twice in one measurement of it");
    const TraceSteps steps = steps_beginning(ear, "PCR 1");
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_THAT(steps[0].expected, HasSubstr("they match nothing"));
    EXPECT_EQ(steps[0].source, "values");
    EXPECT_EQ(steps[0].submission, submission_of("values"));
    EXPECT_FALSE(steps[0].agrees);
    // The others are as good as before.
    expect_affirmed({ambiguous, {{kSha256, kRight}}});
  }
  expect_affirmed({{{kSha256, kRight}}, {{kSha256, kOther}}});
}

TEST(ParsecTpmTrace, OfARefusalNamesTheNearestValuesEachWithItsCorim) {
  EvidenceMaker maker;
  std::vector<rats::Corim> corims;
  for (std::uint8_t build = 0; build < 6; ++build)
    corims.push_back(values_of(maker, {{{kSha256, Bytes(32, static_cast<std::uint8_t>(0x50 + build))}}},
                               "build " + std::to_string(build)));
  corims[0].validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  const rats::Ear ear = appraise(maker, corims, test::kNow + Seconds(1));
  test::expect_problem(test::submodule(ear), Errc::pcr_mismatch, to_hex(Bytes(32, 0x54)) + ", or one of 1 other, got");
  const TraceSteps steps = steps_beginning(ear, "PCR 1 (sha-256)");
  // The one that is not valid any more comes last.
  test::expect_builds_named(
      steps, {1, 2, 3, 4}, [](int build) { return to_hex(Bytes(32, static_cast<std::uint8_t>(0x50 + build))); },
      to_hex(kRight));
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_THAT(steps[3].expected, HasSubstr(", or one of 2 others"));
  EXPECT_THAT(steps[0].expected, Not(HasSubstr("other")));

  // Among values that do not do, the right one is one step.
  corims.push_back(values_of(maker, {{{kSha256, kRight}}}, "right"));
  const rats::Ear good = appraise(maker, corims);
  ASSERT_TRUE(good.is_affirming());
  const TraceSteps agreed = steps_beginning(good, "PCR 1");
  ASSERT_EQ(agreed.size(), 1U);
  EXPECT_EQ(agreed[0].source, "right");
  EXPECT_THAT(agreed[0].expected, HasSubstr(to_hex(kRight)));
}

TEST(ParsecTpmTrace, SaysWhenTheValueWasGood) {
  EvidenceMaker maker;
  rats::Corim old = values_of(maker, {{{kSha256, kRight}}}, "old");
  old.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  const std::vector<rats::Corim> corims{values_of(maker, {{{kSha256, kOther}}}, "new"), old};
  EXPECT_TRUE(appraise(maker, corims).is_affirming());
  const TraceSteps steps = steps_beginning(appraise(maker, corims, test::kNow + Seconds(1)), "PCR 1");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_THAT(steps[0].expected, HasSubstr(to_hex(kRight) + ", which expired at"));
  EXPECT_EQ(steps[0].source, "old");
  EXPECT_EQ(steps[1].expected, to_hex(kOther));
  EXPECT_EQ(steps[1].source, "new");
}

// Each digest over all PCRs is one of the values of some CoRIMs, and those are named.
TEST(ParsecTpmTrace, OfADigestOverAllNamesTheCorimsOfEachCombination) {
  EvidenceMaker maker;
  maker.sends_pcrs = false;
  rats::Corim second = values_of(maker, {{{kSha256, Bytes(32, 0x56)}}}, "second");
  std::erase_if(second.comids.at(0).reference_values.at(0).measurements,
                [](const auto& measurement) { return measurement.key != rats::MeasurementKey(std::uint64_t{1}); });
  const rats::Ear ear = appraise(maker, {values_of(maker, {{{kSha256, kOther}}}, "first"), second});
  EXPECT_FALSE(ear.is_affirming());
  const TraceSteps steps = steps_beginning(ear, "digest over all quoted PCRs");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].source, "first");
  EXPECT_EQ(steps[0].submission, submission_of("first"));
  EXPECT_EQ(steps[1].source, "first, second");
  EXPECT_EQ(steps[1].submission, submission_of("first") + ", " + submission_of("second"));
  EXPECT_NE(steps[0].expected, steps[1].expected);
  EXPECT_EQ(steps[0].actual, steps[1].actual);

  const rats::Ear good = appraise(maker, {values_of(maker, {{{kSha256, kRight}}}, "first"), second});
  ASSERT_TRUE(good.is_affirming());
  const TraceSteps agreed = steps_beginning(good, "digest over all quoted PCRs");
  ASSERT_EQ(agreed.size(), 1U);
  EXPECT_EQ(agreed[0].source, "first");
  EXPECT_EQ(agreed[0].expected, agreed[0].actual);
}

}  // namespace
}  // namespace credence::verifier
