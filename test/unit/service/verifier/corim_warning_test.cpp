#include "service/verifier/corim_warning.h"

#include <gtest/gtest.h>

#include "support/evidence_maker.h"

namespace credence::service {
namespace {

TEST(CorimWarning, NamesTheMeasurementThatMatchesNothing) {
  test::EvidenceMaker maker;
  rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  EXPECT_EQ(warning_about(corim), "");
  rats::Comid& comid = corim.comids.at(0);
  comid.id = std::string("release");
  auto& digests = comid.reference_values.at(0).measurements.at(0).values.digests;
  ASSERT_FALSE(digests.empty());
  digests.push_back(digests.front());
  digests.back().value.at(0) ^= 1;
  const std::string warning = warning_about(corim);
  EXPECT_TRUE(warning.starts_with("1 of its measurements match nothing")) << warning;
  EXPECT_TRUE(warning.contains("CoMID release, reference-triples[0]")) << warning;
  digests.pop_back();
  EXPECT_EQ(warning_about(corim), "");
}

}  // namespace
}  // namespace credence::service
