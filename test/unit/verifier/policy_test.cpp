#include "verifier/policy.h"

#include <gtest/gtest.h>

#include "fixture.h"

namespace credence::verifier {
namespace {

using rats::TrustClaim;
using test::EvidenceMaker;

Result<rats::Ear> appraise_with(std::function<Result<void>(rats::Ear&)> hook, bool bad_pcr = false) {
  EvidenceMaker maker;
  const auto store = test::store_for(maker);
  if (bad_pcr) maker.pcrs[evidence::tpm::kAlgSha256][0] = Bytes(32, 0x99);
  return test::engine_over(store, {.hook = std::move(hook)}).appraise(test::channel_request(maker));
}

rats::Submodule& submodule(rats::Ear& ear) { return ear.submodules.at("PARSEC_TPM"); }

TEST(Policy, MayWorsenAResult) {
  const auto worsened = appraise_with([](rats::Ear& ear) -> Result<void> {
    (*submodule(ear).vector)[TrustClaim::configuration] = 32;
    submodule(ear).status = rats::Tier::warning;
    return {};
  });
  EXPECT_FALSE(worsened.value().is_affirming());
}

TEST(Policy, MayLeaveAResultAsItIs) {
  EXPECT_TRUE(appraise_with([](rats::Ear&) -> Result<void> { return {}; }).value().is_affirming());
}

TEST(Policy, MayNotRaiseAStatus) {
  const auto raise = [](rats::Ear& ear) -> Result<void> {
    submodule(ear).status = rats::Tier::affirming;
    return {};
  };
  EXPECT_TRUE(appraise_with(raise));
  test::expect_refused(appraise_with(raise, true), Errc::configuration, "may only make a result worse");
}

TEST(Policy, MayNotRaiseAClaim) {
  const auto raise = [](rats::Ear& ear) -> Result<void> {
    (*submodule(ear).vector)[TrustClaim::executables] = 2;
    return {};
  };
  EXPECT_TRUE(appraise_with(raise));
  test::expect_refused(appraise_with(raise, true), Errc::configuration, "the policy raised");
}

TEST(Policy, MayNotRemoveASubmodule) {
  test::expect_refused(appraise_with([](rats::Ear& ear) -> Result<void> {
                         ear.submodules.clear();
                         return {};
                       }),
                       Errc::configuration, "raised or removed PARSEC_TPM");
}

TEST(Policy, ThatFailsGivesNoResult) {
  test::expect_refused(appraise_with([](rats::Ear&) -> Result<void> { return fail(Errc::internal, "no such rule"); }),
                       Errc::internal, "no such rule");
}

}  // namespace
}  // namespace credence::verifier
