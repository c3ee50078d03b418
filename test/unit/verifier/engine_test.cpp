#include "verifier/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <set>

#include "evidence/test_root.h"
#include "fixture.h"
#include "support/endorsed.h"
#include "support/octet_changes.h"
#include "support/set_clocks.h"

namespace credence::verifier {
namespace {

using rats::TrustClaim;
using test::EvidenceMaker;

TEST(Engine, AffirmsChannelEvidence) {
  const EvidenceMaker maker;
  const rats::Ear ear = test::engine_over(test::store_for(maker)).appraise(test::channel_request(maker)).value();
  EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  EXPECT_EQ(ear.nonce, maker.extra_data);
  EXPECT_EQ(ear.ueid, maker.kid());
  EXPECT_EQ(ear.issued_at, test::kNow);
  EXPECT_EQ(ear.issuer, "https://verifier.example");
  EXPECT_EQ(ear.credence.purpose, "channel");
  EXPECT_EQ(ear.credence.software_tpm, true);
  EXPECT_EQ(ear.credence.class_id, EvidenceMaker::class_id().text());
  EXPECT_FALSE(ear.credence.compatibility_mode);
  EXPECT_FALSE(ear.credence.test_root);

  const rats::Submodule& submodule = test::submodule(ear);
  EXPECT_EQ(submodule.attested_key, to_bytes(maker.tls_key.public_key().spki()));
  EXPECT_EQ((*submodule.vector)[TrustClaim::hardware], 2);
  EXPECT_EQ((*submodule.vector)[TrustClaim::instance_identity], 2);
  EXPECT_EQ((*submodule.vector)[TrustClaim::executables], 2);
  EXPECT_EQ((*submodule.vector)[TrustClaim::configuration], 0);
  EXPECT_EQ(submodule.annotated_evidence.at("reset-count"), 5);
}

TEST(Engine, AffirmsWithoutTheValuesBesideTheQuote) {
  EvidenceMaker maker;
  maker.sends_pcrs = false;
  EXPECT_TRUE(test::engine_over(test::store_for(maker)).appraise(test::channel_request(maker)).value().is_affirming());
}

TEST(Engine, AffirmsAnyApprovedBuild) {
  EvidenceMaker maker;
  const auto store = test::store_for(maker);
  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x55);
  test::provision(*store, evidence::tpm::veraison_corim(maker.endorsement()).value());
  for (const bool sends_pcrs : {true, false}) {
    maker.sends_pcrs = sends_pcrs;
    EXPECT_TRUE(test::engine_over(store).appraise(test::channel_request(maker)).value().is_affirming());
  }
}

TEST(Engine, RefusesEveryOneOctetChange) {
  const EvidenceMaker maker;
  const Engine engine = test::engine_over(test::store_for(maker));
  const AppraisalRequest good = test::channel_request(maker);
  const auto accepts = [&](const Bytes& evidence) {
    AppraisalRequest request = good;
    request.evidence = evidence;
    return engine.appraise(request).value().is_affirming();
  };
  // "ext": { "pcrs": ... }, at the end. Other names are names still, and no UTF-8 with the highest bit.
  const std::size_t ext = as_text(good.evidence).rfind("ext"), pcrs = as_text(good.evidence).rfind("pcrs");
  ASSERT_LT(ext, pcrs);
  test::expect_changes_refused(
      good.evidence, accepts, {test::kLowestBit},
      {{ext, 3, "members that are not known are skipped, and the quote says all without the values beside it"},
       {pcrs, 4, "the same, within ext"}});
  test::expect_changes_refused(good.evidence, accepts, {test::kHighestBit});
}

// One thing at a time is wrong with the evidence or with its request; the endorsements are of the good maker.
struct Flip {
  std::string name;
  std::function<void(EvidenceMaker&, AppraisalRequest&)> flip;  // the request is made again from the maker's evidence
  std::int8_t executables = 99;
  Errc code{};
  std::string why;
};
void PrintTo(const Flip& flip, std::ostream* out) { *out << flip.name; }

std::vector<Flip> flips() {
  return {
      {"AnotherBinder", [](auto&, auto& request) { request.challenge = test::binder(Bytes(32, 1)); }, 99,
       Errc::binder_mismatch, "another connection or TLS key"},
      {"NoBundle", [](auto&, auto& request) { request.evidence = {0xa0}; }, 99, Errc::missing_member, "kat is missing"},
      {"UnknownSigner", [](auto& maker, auto&) { maker.attestation_key = test::make_key(); }, 99,
       Errc::unknown_attester, "no endorsement names kid 01"},
      {"ForeignSignature", [](auto& maker, auto&) { maker.quote_signer = test::make_key(); }, 99, Errc::bad_signature,
       "pat.sig"},
      {"OwnerHierarchy", [](auto& maker, auto&) { maker.qualified_signer = Bytes(34, 7); }, 99, Errc::signer_mismatch,
       "Qualified Name"},
      {"ImportedTlsKey", [](auto& maker, auto&) { maker.tls_key_attributes &= ~evidence::tpm::kSensitiveDataOrigin; },
       99, Errc::external_key, "sensitiveDataOrigin is not set"},
      {"ChallengeMediaType", [](auto&, auto& request) { request.media_type = evidence::kTpmChallenge; }, 99,
       Errc::wrong_purpose, "says nothing of a channel"},
      {"PlainNonce", [](auto& maker, auto& request) { request.challenge = Nonce(maker.extra_data); }, 99,
       Errc::wrong_purpose, "allow the compatibility mode"},
      {"SoftwareMediaType", [](auto&, auto& request) { request.media_type = evidence::kSoftwareTest; }, 99,
       Errc::test_root_refused, "allow_insecure_test_root"},
      {"ChainToTheTestRoot",
       [](auto& maker, auto&) {
         maker.chain = {Bytes(100, 0x30)};
         append(maker.chain[0], evidence::kTestRootSpki);
       },
       99, Errc::test_root_refused, "proves nothing"},
      {"OtherPcr", [](auto& maker, auto&) { maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x99); }, 33,
       Errc::pcr_mismatch,
       "PCR 1 (sha-256): expected 0101010101010101010101010101010101010101010101010101010101010101, got 9999"},
      {"OtherPcrWithoutValues",
       [](auto& maker, auto&) {
         maker.sends_pcrs = false;
         maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x99);
       },
       33, Errc::pcr_mismatch, "digest over all quoted PCRs: expected "},
      {"PcrWithoutReference", [](auto& maker, auto&) { maker.pcrs[evidence::tpm::kAlgSha256][9] = Bytes(32, 0x99); },
       33, Errc::pcr_mismatch, "PCR 9 (sha-256): no reference value"},
      {"Sha1BankBeside", [](auto& maker, auto&) { maker.pcrs[evidence::tpm::kAlgSha1] = {{0, Bytes(20, 0x11)}}; }, 99,
       Errc::invalid_value, "got bank 0x0004"},
      {"PcrLeftOut", [](auto& maker, auto&) { maker.pcrs[evidence::tpm::kAlgSha256].erase(2); }, 33,
       Errc::insufficient_pcrs, "demands PCR 2"},
  };
}

class EngineFlip : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(Refusals, EngineFlip, testing::ValuesIn(flips()),
                         [](const auto& example) { return example.param.name; });

TEST_P(EngineFlip, IsNotAffirmed) {
  const EvidenceMaker good;
  const Engine engine = test::engine_over(test::store_for(good));
  ASSERT_TRUE(engine.appraise(test::channel_request(good)).value().is_affirming());

  EvidenceMaker bad = good;
  AppraisalRequest request = test::channel_request(good);
  GetParam().flip(bad, request);
  const bool evidence_is_bad = request.evidence != Bytes{0xa0};
  if (evidence_is_bad) request.evidence = bad.make();
  const rats::Ear ear = engine.appraise(request).value();
  EXPECT_FALSE(ear.is_affirming());
  const rats::Submodule& submodule = test::submodule(ear);
  EXPECT_EQ((*submodule.vector)[TrustClaim::executables], GetParam().executables);
  EXPECT_EQ((*submodule.vector)[TrustClaim::hardware], GetParam().executables == 33 ? 2 : 99);
  EXPECT_EQ(submodule.status, GetParam().executables == 33 ? rats::Tier::warning : rats::Tier::contraindicated);
  EXPECT_FALSE(submodule.attested_key);
  test::expect_problem(submodule, GetParam().code, GetParam().why);
}

TEST(Engine, SaysWhenItDoesNotKnowTheMediaType) {
  const EvidenceMaker maker;
  AppraisalRequest request = test::channel_request(maker);
  request.media_type = "application/unknown";
  const rats::Ear ear = test::engine_over(test::store_for(maker)).appraise(request).value();
  EXPECT_FALSE(ear.is_affirming());
  test::expect_problem(ear.submodules.at("ERROR"), Errc::unsupported, "application/unknown");
}

TEST(Engine, ComparesMediaTypesWithoutRegardToCase) {
  const EvidenceMaker maker;
  AppraisalRequest request = test::channel_request(maker);
  request.media_type = "Application/VND.parallaxsecond.key-attestation.TPM";
  EXPECT_TRUE(test::engine_over(test::store_for(maker)).appraise(request).value().is_affirming());
}

TEST(Engine, RefusesAClassWithoutReferenceValues) {
  EvidenceMaker maker;
  const auto store = memory_store();
  test::provision(*store, evidence::tpm::keys_corim(maker.endorsement()).value());
  const rats::Ear ear = test::engine_over(store).appraise(test::channel_request(maker)).value();
  EXPECT_FALSE(ear.is_affirming());
  test::expect_problem(test::submodule(ear), Errc::no_reference_values, "no reference values");
}

TEST(Engine, DemandsTheMinimumPcrsOfThePolicy) {
  const EvidenceMaker maker;
  const auto appraise = [&](std::set<std::uint8_t> minimum) {
    return test::engine_over(test::store_for(maker), {.minimum_pcrs = std::move(minimum)})
        .appraise(test::channel_request(maker))
        .value();
  };
  EXPECT_TRUE(appraise({0, 2}).is_affirming());
  test::expect_problem(test::submodule(appraise({0, 7, 10})), Errc::insufficient_pcrs, "demands PCR 7, 10");
}

// protocol.md 2.8.
TEST(Engine, AppraisesAHashedChallengeWithAChallengeKeyOnly) {
  const Nonce nonce(Bytes(32, 0x42));
  EvidenceMaker maker;
  maker.purpose = evidence::tpm::Purpose::challenge;
  maker.extra_data = to_bytes(evidence::challenge_digest(nonce).value().view());
  AppraisalRequest request{
      .media_type = std::string(evidence::kTpmChallenge), .evidence = maker.make(), .challenge = nonce};
  const rats::Ear ear = test::engine_over(test::store_for(maker)).appraise(request).value();
  EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_EQ(ear.nonce, to_bytes(nonce.view()));

  request.challenge = Nonce(Bytes(32, 0x43));
  test::expect_problem(test::submodule(test::engine_over(test::store_for(maker)).appraise(request).value()),
                       Errc::nonce_mismatch, "another challenge");

  request.challenge = nonce;
  maker.purpose = evidence::tpm::Purpose::channel;
  test::expect_problem(test::submodule(test::engine_over(test::store_for(maker)).appraise(request).value()),
                       Errc::wrong_purpose, "signed by a challenge key, this attestation key is endorsed as a channel");
}

TEST(Engine, RefusesAChallengeKeyInAChannel) {
  EvidenceMaker maker;
  maker.purpose = evidence::tpm::Purpose::challenge;
  test::expect_problem(
      test::submodule(test::engine_over(test::store_for(maker)).appraise(test::channel_request(maker)).value()),
      Errc::wrong_purpose, "signed by a channel key, this attestation key is endorsed as a challenge");
}

// protocol.md 2.2: an endorsement without a Name.
TEST(Engine, TakesVeraisonsEndorsementOnRequestOnly) {
  const EvidenceMaker maker;
  const auto store = memory_store();
  test::provision(*store, evidence::tpm::veraison_corim(maker.endorsement()).value());
  AppraisalRequest request = test::channel_request(maker);

  const Policy all{.compatibility = true, .insecure_veraison_endorsements = true};
  const Engine taking = test::engine_over(store, all);
  test::expect_problem(test::submodule(taking.appraise(request).value()), Errc::unrestricted_attestation_key,
                       "provision the keys.corim.cbor");

  request.challenge = Nonce(maker.extra_data);
  const rats::Ear ear = taking.appraise(request).value();
  EXPECT_TRUE(ear.is_affirming());
  EXPECT_EQ(ear.credence.compatibility_mode, true);
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_EQ(ear.credence.warnings.size(), 2U);
  // Veraison's form of the nonce is no reason to believe a key that may sign anything.
  const auto problem_with = [&](const Policy& policy, Errc code, std::string_view why) {
    test::expect_problem(test::submodule(test::engine_over(store, policy).appraise(request).value()), code, why);
  };
  problem_with({.compatibility = true}, Errc::unrestricted_attestation_key, "provision the keys.corim.cbor");
  problem_with({.insecure_veraison_endorsements = true}, Errc::wrong_purpose, "allow the compatibility mode");
  problem_with({}, Errc::wrong_purpose, "allow the compatibility mode");
}

// protocol.md 2.8: a nonce is chosen by whoever asks, so no key makes it say something of a channel.
TEST(Engine, CallsAVerbatimNonceCompatibilityModeWhateverTheKey) {
  for (const auto purpose : {evidence::tpm::Purpose::channel, evidence::tpm::Purpose::challenge}) {
    EvidenceMaker maker;
    maker.purpose = purpose;
    AppraisalRequest request = test::channel_request(maker);
    request.challenge = Nonce(maker.extra_data);
    const rats::Ear ear = test::engine_over(test::store_for(maker), {.compatibility = true}).appraise(request).value();
    EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
    EXPECT_EQ(ear.credence.compatibility_mode, true);
    EXPECT_EQ(ear.credence.purpose, "challenge");
    EXPECT_THAT(ear.credence.warnings, testing::Contains(testing::HasSubstr("never valid for a channel")));
  }
}

TEST(Engine, MarksTheTestRootWhereItIsAllowed) {
  EvidenceMaker maker;
  maker.maker = std::string(evidence::kTestRootMaker);
  AppraisalRequest request = test::channel_request(maker);
  const auto store = test::store_for(maker);
  // Whatever the media type says.
  test::expect_problem(test::submodule(test::engine_over(store).appraise(request).value()), Errc::test_root_refused,
                       "");

  const Engine allowing = test::engine_over(store, {.allow_insecure_test_root = true});
  for (const std::string_view media_type : {evidence::kParsecTpm, evidence::kSoftwareTest}) {
    request.media_type = media_type;
    const rats::Ear ear = allowing.appraise(request).value();
    EXPECT_TRUE(ear.is_affirming());
    EXPECT_EQ(ear.credence.test_root, true);
  }
}

// A19: a failure is never a verdict.
TEST(Engine, GivesNoResultWhenTheStoreFails) {
  const EvidenceMaker maker;
  const Engine engine = test::engine_over(std::make_shared<test::BrokenStore>("disk on fire"));
  test::expect_refused(engine.appraise(test::channel_request(maker)), Errc::io, "disk on fire");
}

// A22. Whatever the evidence is worth: what had expired would count again.
TEST(Engine, GivesNoResultByAClockThatWasSetBack) {
  const EvidenceMaker maker;
  test::SetClocks clocks(test::kNow);
  const Engine engine(test::store_for(maker), clocks.guarded(), {}, {});
  ASSERT_TRUE(engine.appraise(test::channel_request(maker)).value().is_affirming());
  clocks.step(-std::chrono::hours(1));
  test::expect_refused(engine.appraise(test::channel_request(maker)), Errc::clock_set_back,
                       "3600 s behind what it had told");
  AppraisalRequest unknown = test::channel_request(maker);
  unknown.media_type = "application/x";
  test::expect_refused(engine.appraise(unknown), Errc::clock_set_back, "3600 s behind what it had told");
  clocks.step(std::chrono::hours(1));
  EXPECT_TRUE(engine.appraise(test::channel_request(maker)).value().is_affirming());
}

TEST(Engine, OffersTheTestRootOnlyWhereItIsAllowed) {
  const std::string software(evidence::kSoftwareTest);
  EXPECT_THAT(test::engine_over(memory_store()).media_types(), testing::Not(testing::Contains(software)));
  EXPECT_THAT(test::engine_over(memory_store(), {.allow_insecure_test_root = true}).media_types(),
              testing::Contains(software));
}

TEST(LocalAppraiser, DecidesBeforeItReturnsAndOffersNoChallenges) {
  const EvidenceMaker maker;
  const auto appraiser = local_appraiser(std::make_shared<const Engine>(test::engine_over(test::store_for(maker))));
  EXPECT_EQ(appraiser->media_types(), std::vector{std::string(evidence::kParsecTpm)});
  bool affirming = false;
  appraiser->appraise(test::channel_request(maker), [&](Result<rats::Ear> ear) { affirming = ear->is_affirming(); });
  EXPECT_TRUE(affirming);
}

}  // namespace
}  // namespace credence::verifier
