// A22: a relying party that appraises itself, and whose clock is set back while it runs.
#include <gtest/gtest.h>

#include "../verifier/fixture.h"
#include "coserv_over_store.h"
#include "edge/appraiser.h"
#include "edge/bundle_appraiser.h"
#include "edge/bundle_maker.h"
#include "edge/offline.h"
#include "support/set_clocks.h"
#include "verifier/scheme/parsec_tpm/scheme.h"

namespace credence::edge {
namespace {

using test::CoservOverStore;
using test::EvidenceMaker;

class EdgeClockTest : public testing::Test {
 protected:
  EdgeClockTest() {
    for (const rats::Corim& corim : {evidence::tpm::veraison_corim(maker.endorsement()).value(),
                                     evidence::tpm::keys_corim(maker.endorsement()).value()})
      EXPECT_TRUE(store->submit(corim, rats::encode_corim(corim).value()));
  }
  [[nodiscard]] Result<rats::Ear> appraise(verifier::Appraiser& appraiser) const {
    std::optional<Result<rats::Ear>> verdict;
    appraiser.appraise(test::channel_request(maker), [&](auto result) { verdict = std::move(result); });
    return verdict.value_or(fail(Errc::internal, "no verdict"));
  }

  EvidenceMaker maker;
  test::SetClocks clocks{test::kNow};
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  std::shared_ptr<CoservOverStore> service = std::make_shared<CoservOverStore>(store, clocks.system());
};

TEST_F(EdgeClockTest, GivesNoVerdictOnAnswers) {
  const auto appraiser = edge_appraiser(service, "https://verifier.example", service->trust(), {}, clocks.guarded());
  ASSERT_TRUE(appraise(*appraiser).value().is_affirming());
  const int asked = service->questions;
  clocks.step(-std::chrono::hours(1));
  test::expect_refused(appraise(*appraiser), Errc::clock_set_back, "3600 s behind what it had told: set it");
  clocks.step(std::chrono::hours(1));
  EXPECT_TRUE(appraise(*appraiser).value().is_affirming());
  EXPECT_EQ(service->questions, asked);
}

TEST_F(EdgeClockTest, GivesNoVerdictOnABundle) {
  rats::Class made;
  made.id = rats::TaggedBytes{rats::kTagUuid, to_bytes(EvidenceMaker::class_id().octets)};
  const auto bundle = make_bundle(
      *service, "https://verifier.example",
      {{.scheme = &verifier::parsec_tpm_scheme(), .classes = {made}, .instances = {{rats::kTagBytes, maker.kid()}}}},
      *clocks.system());
  ASSERT_TRUE(bundle) << bundle.error().text();
  auto answers = OfflineAnswers::open(bundle->bundle, {.trust = service->trust()}, clocks.now());
  ASSERT_TRUE(answers) << answers.error().text();
  clocks.pass(std::chrono::minutes(30));
  const auto appraiser = bundle_appraiser(*answers, {}, clocks.guarded());
  ASSERT_TRUE(appraise(*appraiser).value().is_affirming());
  clocks.step(-std::chrono::minutes(10));  // not to before the bundle was made, which it notices by itself
  test::expect_refused(appraise(*appraiser), Errc::clock_set_back, "600 s behind what it had told: set it");
  clocks.step(std::chrono::minutes(10));
  EXPECT_TRUE(appraise(*appraiser).value().is_affirming());
}

}  // namespace
}  // namespace credence::edge
