#include "service/verifier/result_request.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "support/evidence_maker.h"
#include "support/refusal.h"

namespace credence::service {
namespace {

constexpr Seconds kLongest{3'600};

Result<ResultRequest> parse(const std::string& query) {
  return result_request_from(http::parse_target("/newSession?" + query).value(), kLongest);
}

rats::Ear affirming() {
  rats::Ear ear;
  ear.issued_at = Timestamp(Seconds(1'000));
  ear.ueid = Bytes{1};
  ear.credence.class_id = "class";
  ear.credence.software_tpm = true;
  ear.credence.hazard_allowed = true;
  ear.credence.warnings = {"software TPM"};
  ear.credence.trace = {{.subject = "PCR 1"}};
  rats::Submodule& submodule = ear.submodules["PARSEC_TPM"];
  submodule.vector.emplace()[rats::TrustClaim::executables] = rats::kTrustworthy;
  submodule.status = submodule.vector->tier();
  submodule.attested_key = to_bytes(test::make_key().public_key().spki());
  submodule.annotated_evidence["clock"] = 1;
  return ear;
}

TEST(ResultRequest, TakesWhatVeraisonsClientsSend) {
  const auto request = parse("nonceSize=32").value();
  EXPECT_FALSE(request.audience);
  EXPECT_FALSE(request.lifetime);
  EXPECT_FALSE(request.reduced);
  EXPECT_EQ(request.spelling, rats::EarSpelling::veraison);
}

TEST(ResultRequest, ReadsEveryParameter) {
  const auto request = parse("audience=a%20b&lifetime=60&form=reduced&ear=draft").value();
  EXPECT_EQ(request.audience, "a b");
  EXPECT_EQ(request.lifetime, Seconds(60));
  EXPECT_TRUE(request.reduced);
  EXPECT_EQ(request.spelling, rats::EarSpelling::draft);
  EXPECT_FALSE(request.as_cwt);
  EXPECT_FALSE(parse("form=full&ear=veraison&lifetime=3600")->reduced);
  const auto explained = parse("ear=draft-cwt&trace=1&raw-evidence=1").value();
  EXPECT_EQ(explained.spelling, rats::EarSpelling::draft);
  EXPECT_TRUE(explained.as_cwt);
  EXPECT_TRUE(explained.trace);
  EXPECT_TRUE(explained.raw_evidence);
  EXPECT_FALSE(parse("trace=0&raw-evidence=0")->trace);
}

struct Wrong {
  std::string query, why;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.query; }

class WrongResultRequest : public testing::TestWithParam<Wrong> {};
INSTANTIATE_TEST_SUITE_P(All, WrongResultRequest,
                         testing::Values(Wrong{"audience=", "audience: expected 1 to 256"},
                                         Wrong{"audience=%ff", "audience: expected 1 to 256 octets of UTF-8"},
                                         Wrong{"audience=" + std::string(257, 'a'), "audience: expected 1 to 256"},
                                         Wrong{"lifetime=0", "lifetime: expected 1 to 3600 seconds"},
                                         Wrong{"lifetime=3601", "lifetime: expected 1 to 3600 seconds"},
                                         Wrong{"lifetime=-1", "lifetime: expected 1 to 3600 seconds"},
                                         Wrong{"lifetime=1s", "lifetime: expected 1 to 3600 seconds"},
                                         Wrong{"lifetime=99999999999999999999", "lifetime: expected 1 to 3600"},
                                         Wrong{"form=short", "form: expected full or reduced, got \"short\""},
                                         Wrong{"ear=cwt", "ear: expected veraison, draft or draft-cwt, got \"cwt\""},
                                         Wrong{"trace=yes", "trace: expected 0 or 1, got \"yes\""},
                                         Wrong{"raw-evidence=2", "raw-evidence: expected 0 or 1, got \"2\""},
                                         Wrong{"form=reduced&trace=1", "form=reduced leaves out"},
                                         Wrong{"form=reduced&raw-evidence=1", "form=reduced leaves out"}));

TEST_P(WrongResultRequest, IsRefused) {
  test::expect_refused(parse(GetParam().query), Errc::invalid_value, GetParam().why);
}

TEST(ResultRequest, SetsTimeAudienceAndKey) {
  rats::Ear ear = affirming();
  apply({.audience = "reader", .lifetime = Seconds(60), .reduced = false}, kLongest, ear);
  EXPECT_EQ(ear.expires, Timestamp(Seconds(1'060)));
  EXPECT_EQ(ear.audience, "reader");
  EXPECT_EQ(ear.confirmation_key, ear.submodules["PARSEC_TPM"].attested_key);
  apply({}, kLongest, ear);
  EXPECT_EQ(ear.expires, Timestamp(Seconds(4'600)));
  EXPECT_FALSE(ear.audience);
}

TEST(ResultRequest, NamesNoKeyOfWhatIsNotAffirming) {
  rats::Ear ear = affirming();
  ear.submodules["OTHER"].status = rats::Tier::warning;
  apply({}, kLongest, ear);
  EXPECT_FALSE(ear.confirmation_key);
}

TEST(ResultRequest, ReducesToStatusAndKey) {
  rats::Ear ear = affirming();
  apply({.reduced = true}, kLongest, ear);
  EXPECT_TRUE(ear.is_affirming());
  const rats::Submodule& submodule = ear.submodules["PARSEC_TPM"];
  EXPECT_FALSE(submodule.vector);
  EXPECT_TRUE(submodule.annotated_evidence.empty());
  EXPECT_TRUE(submodule.attested_key);
  EXPECT_FALSE(ear.ueid);
  EXPECT_FALSE(ear.credence.class_id);
  EXPECT_TRUE(ear.credence.trace.empty());
  EXPECT_EQ(ear.credence.software_tpm, true);  // what lessens it stays
  EXPECT_EQ(ear.credence.hazard_allowed, true);
}

// A status that says more than its vector: with the vector gone it must not say it any more.
TEST(ResultRequest, NeverMakesAResultBetter) {
  for (const std::int8_t claim : {rats::kVerifierMalfunction, rats::kUnexpectedEvidence, rats::kUnrecognisedRuntime}) {
    rats::Ear ear = affirming();
    (*ear.submodules["PARSEC_TPM"].vector)[rats::TrustClaim::file_system] = claim;
    ASSERT_FALSE(ear.is_affirming());
    apply({.reduced = true}, kLongest, ear);
    EXPECT_FALSE(ear.is_affirming()) << int{claim};
  }
}

}  // namespace
}  // namespace credence::service
