// Each kind of evidence: over CoSERV the engine finds what it finds in the store behind it, and says the same.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>

#include "../verifier/fixture.h"
#include "coserv_over_store.h"
#include "edge/appraiser.h"
#include "evidence/cca/token.h"
#include "evidence/parsec_cca/bundle.h"
#include "evidence/psa/token.h"
#include "evidence/sevsnp/tsm_report.h"
#include "support/cca_device.h"
#include "support/dice_device.h"
#include "support/enacttrust_node.h"
#include "support/psa_device.h"
#include "support/snp_machine.h"

namespace credence::edge {
namespace {

const Bytes kNonce(32, 0x99);

// Evidence, and the CoRIMs that approve of it.
struct Attester {
  std::string media_type;
  Bytes evidence;
  std::vector<rats::Corim> corims;
  Bytes nonce = kNonce;
};
struct Kind {
  std::string name;
  std::function<Attester()> make;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

Attester psa() {
  const test::PsaDevice device;
  return {std::string(evidence::psa::kMediaType), device.token(kNonce), {device.corim()}};
}
Attester cca() {
  const test::CcaDevice device;
  return {
      std::string(evidence::cca::kMediaType), device.token(kNonce), {device.platform_corim(), device.realm_corim()}};
}
Attester enacttrust() {
  const test::EnacttrustNode node;
  return {"application/vnd.enacttrust.tpm-evidence", node.token(kNonce), {node.corim()}};
}

Attester snp() {
  const test::SnpMachine machine;
  const Bytes nonce(64, 0x11);
  return {std::string(evidence::sevsnp::kTsmReportCbor),
          machine.evidence(nonce),
          {test::SnpMachine::roots(), machine.reference_values()},
          nonce};
}
Attester parsec_cca() {
  const test::CcaDevice device;
  const std::string profile = "tag:github.com/parallaxsecond,2023-03-03:cca";
  return {std::string(evidence::parsec_cca::kMediaType),
          device.bundle(kNonce, test::make_key().public_key()),
          {device.platform_corim(profile), device.realm_corim(profile)}};
}

class EachScheme : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(All, EachScheme,
                         testing::Values(Kind{"PSA_IOT", psa}, Kind{"ARM_CCA", cca}, Kind{"TPM_ENACTTRUST", enacttrust},
                                         Kind{"SEVSNP", snp}, Kind{"PARSEC_CCA", parsec_cca}),
                         [](const auto& tested) { return tested.param.name; });

Result<rats::Ear> appraise(const std::shared_ptr<verifier::Store>& store, const Attester& attester,
                           const std::shared_ptr<test::MovingClock>& clock) {
  const auto service = std::make_shared<test::CoservOverStore>(store, clock);
  const auto appraiser = edge_appraiser(service, "https://verifier.example", service->trust(), {}, clock);
  std::optional<Result<rats::Ear>> verdict;
  appraiser->appraise(
      {.media_type = attester.media_type, .evidence = attester.evidence, .challenge = Nonce(attester.nonce)},
      [&](Result<rats::Ear> result) { verdict = std::move(result); });
  return verdict.value_or(fail(Errc::internal, "no verdict"));
}

TEST_P(EachScheme, IsAppraisedAsOverTheStore) {
  const Attester attester = GetParam().make();
  const auto clock = std::make_shared<test::MovingClock>(test::kNow);
  for (std::size_t provisioned = 0; provisioned <= attester.corims.size(); ++provisioned) {
    const auto store = verifier::memory_store();
    for (std::size_t i = 0; i < provisioned; ++i)
      ASSERT_TRUE(store->submit(attester.corims[i], rats::encode_corim(attester.corims[i]).value()));
    const auto here = appraise(store, attester, clock);
    ASSERT_TRUE(here) << here.error().text();
    const auto there = test::engine_over(store).appraise(
        {.media_type = attester.media_type, .evidence = attester.evidence, .challenge = Nonce(attester.nonce)});
    EXPECT_EQ(here->is_affirming(), provisioned == attester.corims.size());
    ASSERT_EQ(here->submodules.size(), there->submodules.size());
    for (const auto& [name, submodule] : there->submodules) {
      EXPECT_EQ(here->submodules.at(name).vector, submodule.vector) << name;
      EXPECT_EQ(here->submodules.at(name).policy_claims, submodule.policy_claims) << name;
    }
  }
}

// What no query stands for is no verdict: not one with less than there is to know.
TEST(EdgeOfDice, IsRefused) {
  const test::DiceDevice device;
  const auto store = verifier::memory_store();
  ASSERT_TRUE(store->submit(device.roots(), rats::encode_corim(device.roots()).value()));
  const Attester attester{
      "application/pem-certificate-chain", test::DiceDevice::pem(device.with_fresh_leaf(kNonce)), {}};
  test::expect_refused(appraise(store, attester, std::make_shared<test::MovingClock>(test::kNow)), Errc::unsupported,
                       "not asked for by class or instance");
}

}  // namespace
}  // namespace credence::edge
