// PARSEC_CCA: the realm that has the key is compared by the algorithms of its digests too.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "evidence/parsec_cca/bundle.h"
#include "support/cca_device.h"
#include "unit/verifier/fixture.h"

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
    return test::engine_over(store, std::move(policy))
        .appraise({.media_type = std::string(evidence::parsec_cca::kMediaType),
                   .evidence = device.bundle(kKatNonce, key.public_key()),
                   .challenge = Nonce(kKatNonce),
                   .trace = true})
        .value();
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
  const auto& trace = ear.credence.trace;
  const auto refusal = std::ranges::find(trace, std::string("realm initial measurement"), &rats::TraceStep::subject);
  ASSERT_NE(refusal, trace.end());
  EXPECT_EQ(refusal->expected, "sha3-256 " + to_hex(device.initial_measurement));
  EXPECT_EQ(refusal->actual, "sha-256 " + to_hex(device.initial_measurement));
  EXPECT_EQ(refusal->source, "realm");
  EXPECT_FALSE(refusal->submission.empty());
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
