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
using testing::StartsWith;

const Bytes kTracedReportNonce(64, 0x11);

class SevSnpRoots : public testing::Test {
 protected:
  void SetUp() override { test::provision(*store, machine.reference_values()); }

  rats::Ear appraise(Timestamp now = test::kNow) {
    return test::appraise_traced(store, evidence::sevsnp::kTsmReportCbor, machine.evidence(kTracedReportNonce),
                                 kTracedReportNonce, now);
  }

  SnpMachine machine;
  std::shared_ptr<Store> store = memory_store();
};

TEST_F(SevSnpRoots, AreNamedWithTheirCorims) {
  test::provision(*store, SnpMachine::roots());
  test::expect_root_named(appraise(), "SEVSNP", "CN=ARK-Milan", machine.maker->ark, "roots of Milan");

  rats::Corim path = SnpMachine::roots();
  path.id = std::string("path");
  path.comids.at(0).attestation_keys.at(0).keys.at(0) = {
      .tag = rats::kTagPkixBase64CertPath,
      .value = to_bytes(as_bytes(machine.maker->ask().pem() + machine.maker->ark.pem()))};
  test::provision(*store, path);
  machine.shows_ask = false;
  test::expect_intermediate_named(appraise(), "CN=SEV-Milan", "roots of Milan", "path");
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
  test::expect_root_expired(ear, "roots of Milan");
}

TEST_F(SevSnpRoots, ThatNobodyEndorsesAreSaidToBeMissing) {
  const rats::Ear ear = appraise();
  test::expect_problem(ear.submodules.at("SEVSNP"), Errc::unknown_attester, "no root is endorsed for ARK-Milan");
  test::expect_root_missing(ear, "signed under root ARK-Milan of Advanced Micro Devices");
}

}  // namespace
}  // namespace credence::verifier
