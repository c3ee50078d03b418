// SEVSNP: what a trace says of the root that a report's key hangs from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "support/snp_machine.h"
#include "unit/verifier/traced.h"

namespace credence::verifier {
namespace {

using test::sha256_of;
using test::SnpMachine;
using test::steps_beginning;
using test::submission_of;
using test::TraceSteps;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const Bytes kTracedReportNonce(64, 0x11);

class SevSnpRoots : public testing::Test {
 protected:
  void SetUp() override { test::provision(*store, machine.reference_values()); }

  rats::Ear appraise(Timestamp now = test::kNow) {
    return test::appraise_traced(store,
                                 {.media_type = std::string(evidence::sevsnp::kTsmReportCbor),
                                  .evidence = machine.evidence(kTracedReportNonce),
                                  .challenge = Nonce(kTracedReportNonce)},
                                 now);
  }

  SnpMachine machine;
  std::shared_ptr<Store> store = memory_store();
};

TEST_F(SevSnpRoots, AreNamedWithTheirCorims) {
  test::provision(*store, SnpMachine::roots());
  const rats::Ear ear = appraise();
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  const TraceSteps steps = steps_beginning(ear, "signed under");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_THAT(steps[0].subject, AllOf(StartsWith("signed under root "), HasSubstr("CN=ARK-Milan")));
  EXPECT_EQ(steps[0].submodule, "SEVSNP");
  EXPECT_TRUE(steps[0].claim.empty());
  EXPECT_EQ(steps[0].expected, "sha-256 " + sha256_of(machine.maker->ark.der()));
  EXPECT_EQ(steps[0].actual, "the chain holds");
  EXPECT_EQ(steps[0].source, "roots of Milan");
  EXPECT_EQ(steps[0].submission, submission_of("roots of Milan"));
  EXPECT_TRUE(steps[0].agrees);

  rats::Corim path = SnpMachine::roots();
  path.id = std::string("path");
  path.comids.at(0).attestation_keys.at(0).keys.at(0) = {
      .tag = rats::kTagPkixBase64CertPath,
      .value = to_bytes(as_bytes(machine.maker->ask().pem() + machine.maker->ark.pem()))};
  test::provision(*store, path);
  machine.shows_ask = false;
  const rats::Ear shorter = appraise();
  ASSERT_TRUE(shorter.is_affirming()) << testing::PrintToString(shorter.problems());
  EXPECT_EQ(steps_beginning(shorter, "signed under root").at(0).source, "roots of Milan, path");
  const TraceSteps intermediates = steps_beginning(shorter, "signed under intermediate");
  ASSERT_EQ(intermediates.size(), 1U);
  EXPECT_THAT(intermediates[0].subject, HasSubstr("CN=SEV-Milan"));
  EXPECT_EQ(intermediates[0].source, "path");
  EXPECT_TRUE(intermediates[0].agrees);
}

TEST_F(SevSnpRoots, ThatDoNotHoldTheChainAreNamed) {
  test::provision(*store, SnpMachine::roots());
  const test::SnpMaker other;  // with the names of the first
  machine.maker = &other;
  for (const bool shows_ark : {true, false}) {
    machine.shows_ark = shows_ark;
    const rats::Ear ear = appraise();
    EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
    test::expect_problem(ear.submodules.at("SEVSNP"), Errc::untrusted_chain, "");
    const TraceSteps steps = steps_beginning(ear, "signed under");
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_THAT(steps[0].actual, StartsWith("untrusted_chain"));
    EXPECT_EQ(steps[0].expected, "sha-256 " + sha256_of(test::snp_maker().ark.der()));
    EXPECT_EQ(steps[0].source, "roots of Milan");
    EXPECT_EQ(steps[0].submission, submission_of("roots of Milan"));
    EXPECT_FALSE(steps[0].agrees);
  }
  machine.maker = &test::snp_maker();
  EXPECT_TRUE(appraise().is_affirming());
}

TEST_F(SevSnpRoots, ThatAreNotValidNowAreNamed) {
  rats::Corim roots = SnpMachine::roots();
  roots.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  test::provision(*store, roots);
  EXPECT_TRUE(appraise().is_affirming());
  const rats::Ear ear = appraise(test::kNow + Seconds(1));
  test::expect_problem(ear.submodules.at("SEVSNP"), Errc::expired, "the endorsement of ARK-Milan expired");
  const TraceSteps steps = steps_beginning(ear, "signed under");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_THAT(steps[0].actual, StartsWith("its endorsement expired at "));
  EXPECT_EQ(steps[0].source, "roots of Milan");
  EXPECT_FALSE(steps[0].agrees);
}

TEST_F(SevSnpRoots, ThatNobodyEndorsesAreSaidToBeMissing) {
  const rats::Ear ear = appraise();
  test::expect_problem(ear.submodules.at("SEVSNP"), Errc::unknown_attester, "no root is endorsed for ARK-Milan");
  const TraceSteps steps = steps_beginning(ear, "signed under root ARK-Milan of Advanced Micro Devices");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_TRUE(steps[0].expected.empty());
  EXPECT_FALSE(steps[0].agrees);
}

}  // namespace
}  // namespace credence::verifier
