// TPM_ENACTTRUST: which digests of a node match, on whose word, and which reference values a trace names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "support/enacttrust_node.h"
#include "unit/verifier/signers_word.h"
#include "unit/verifier/traced.h"

namespace credence::verifier {
namespace {

using testing::HasSubstr;
using Digests = std::vector<rats::CorimDigest>;

constexpr std::int64_t kSha256 = 1, kSha3 = 10;
const Bytes kNodeNonce(32, 0x11);

class EnacttrustDigests : public testing::Test {
 protected:
  rats::Corim corim_of(const Digests& digests, const std::string& id = "values") {
    rats::Corim corim = node.corim();
    corim.id = id;
    corim.comids.at(0).reference_values.at(0).measurements.at(0).values.digests = digests;
    return corim;
  }
  rats::Ear appraise(const std::shared_ptr<Store>& store, Timestamp now = test::kNow) {
    return test::appraise_traced(store, evidence::enacttrust::kMediaType, node.token(kNodeNonce), kNodeNonce, now);
  }
  rats::Ear appraise_after(const Digests& digests) {
    const auto store = memory_store();
    test::provision(*store, corim_of(digests));
    return appraise(store);
  }
  void expect_not_taken(const Digests& digests, Errc code, std::string_view why) {
    const rats::Corim corim = corim_of(digests);
    test::expect_refused(memory_store()->submit(corim, test::octets_of(corim)), code, why);
  }
  static test::TraceSteps about_digest(const rats::Ear& ear) {
    return test::steps_about(ear, "digest over all quoted PCRs");
  }

  test::EnacttrustNode node;
};

TEST_F(EnacttrustDigests, AreComparedUnderTheirAlgorithm) {
  EXPECT_TRUE(appraise_after({{kSha256, node.digest}}).is_affirming());
  EXPECT_TRUE(appraise_after({{std::string("sha-256"), node.digest}}).is_affirming());
  expect_not_taken({{kSha3, node.digest}}, Errc::unsupported_algorithm, "expected a digest of SHA-256");
}

TEST_F(EnacttrustDigests, OfOneAlgorithmTwiceMatchNothing) {
  EXPECT_TRUE(appraise_after({{kSha256, node.digest}}).is_affirming());
  for (const Digests& twice : {Digests{{kSha256, node.digest}, {kSha256, node.digest}},
                               Digests{{kSha256, node.digest}, {std::string("sha-256"), Bytes(32, 1)}}})
    expect_not_taken(twice, Errc::invalid_value, "expected exactly one digest, got 2");
}

TEST_F(EnacttrustDigests, OfARefusalAreNamedEachWithItsCorim) {
  const auto store = memory_store();
  for (std::uint8_t build = 0; build < 6; ++build) {
    rats::Corim corim =
        corim_of({{kSha256, Bytes(32, static_cast<std::uint8_t>(0x60 + build))}}, "build " + std::to_string(build));
    if (build == 0) corim.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
    test::provision(*store, corim);
  }
  const rats::Ear ear = appraise(store, test::kNow + Seconds(1));
  test::expect_problem(ear.submodules.at("TPM_ENACTTRUST"), Errc::pcr_mismatch,
                       to_hex(Bytes(32, 0x64)) + ", or one of 1 other, got " + to_hex(node.digest));
  const auto steps = about_digest(ear);
  test::expect_builds_named(
      steps, {1, 2, 3, 4}, [](int build) { return to_hex(Bytes(32, static_cast<std::uint8_t>(0x60 + build))); },
      to_hex(node.digest));
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_THAT(steps[3].expected, HasSubstr(", or one of 2 others"));

  test::provision(*store, corim_of({{kSha256, node.digest}}, "right"));
  const rats::Ear good = appraise(store);
  ASSERT_TRUE(good.is_affirming());
  ASSERT_EQ(about_digest(good).size(), 1U);
  EXPECT_EQ(about_digest(good)[0].source, "right");
}

TEST_F(EnacttrustDigests, SayWhenTheyWereGood) {
  const auto store = memory_store();
  rats::Corim keys = corim_of({{kSha256, Bytes(32, 0x60)}}, "lasting");
  rats::Corim old = corim_of({{kSha256, node.digest}}, "old");
  old.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  test::provision(*store, keys);
  test::provision(*store, old);
  EXPECT_TRUE(appraise(store).is_affirming());
  const rats::Ear ear = appraise(store, test::kNow + Seconds(1));
  test::expect_problem(ear.submodules.at("TPM_ENACTTRUST"), Errc::expired, "the reference value of this node expired");
  const auto steps = about_digest(ear);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_THAT(steps[0].expected, HasSubstr(to_hex(node.digest) + ", which expired at"));
  EXPECT_EQ(steps[0].source, "old");
  EXPECT_EQ(steps[1].source, "lasting");
}

TEST_F(EnacttrustDigests, OnTheWordOfTheSignerAreTaken) {
  const auto store = memory_store();
  test::expect_taken_on_the_word_of_the_signer(*store, {node.corim()}, [&] { return appraise(store); });
}

}  // namespace
}  // namespace credence::verifier
