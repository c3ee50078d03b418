// PARSEC_CCA: the realm that has the key is compared by the algorithms of its digests too.
#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "evidence/parsec_cca/bundle.h"
#include "support/cca_device.h"
#include "unit/verifier/traced.h"

namespace credence::verifier {
namespace {

const Bytes kKatNonce(32, 0x99);
const std::string kParsecCcaProfile = "tag:github.com/parallaxsecond,2023-03-03:cca";

class ParsecCcaReferenceValues : public testing::Test {
 protected:
  // With a realm whose initial measurement is endorsed by this algorithm.
  rats::Ear appraise_with(const std::string& algorithm, Policy policy = {}) const {
    rats::Corim realm = device.realm_corim(kParsecCcaProfile);
    for (rats::Measurement& measurement : realm.comids[0].reference_values[0].measurements)
      if (measurement.key == rats::MeasurementKey("cca.rim")) measurement.values.digests[0].algorithm = algorithm;
    const std::shared_ptr<Store> store = memory_store();
    test::provision(*store, device.platform_corim(kParsecCcaProfile));
    test::provision(*store, realm);
    return test::appraise_traced(store,
                                 {.media_type = std::string(evidence::parsec_cca::kMediaType),
                                  .evidence = device.bundle(kKatNonce, key.public_key()),
                                  .challenge = Nonce(kKatNonce)},
                                 test::kNow, std::move(policy));
  }

  test::CcaDevice device;
  crypto::PrivateKey key = test::make_key();
};

TEST_F(ParsecCcaReferenceValues, AreComparedByTheirAlgorithm) {
  EXPECT_TRUE(appraise_with("sha-256").is_affirming());
  const rats::Ear ear = appraise_with("sha3-256");
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  EXPECT_FALSE(ear.submodules.at("PARSEC_CCA").attested_key);
  test::expect_problem(ear.submodules.at("PARSEC_CCA"), Errc::not_affirming,
                       "realm initial measurement: expected sha3-256 1d1d");
  const auto steps = test::steps_about(ear, "realm initial measurement");
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps[0].expected, "sha3-256 " + to_hex(device.initial_measurement));
  EXPECT_EQ(steps[0].actual, "sha-256 " + to_hex(device.initial_measurement));
  EXPECT_EQ(steps[0].source, "realm");
  EXPECT_FALSE(steps[0].submission.empty());
}

// It excuses realms of which nothing is known, and no others.
TEST_F(ParsecCcaReferenceValues, AreComparedWhereRealmsMayBeUnknown) {
  Policy policy;
  policy.insecure_veraison_endorsements = true;
  EXPECT_TRUE(appraise_with("sha-256", policy).is_affirming());
  EXPECT_FALSE(appraise_with("sha3-256", policy).is_affirming());
}

}  // namespace
}  // namespace credence::verifier
