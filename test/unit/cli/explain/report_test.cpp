#include "cli/explain/report.h"

#include <gtest/gtest.h>

#include "cli/explain/meaning.h"

namespace credence::cli {
namespace {

using rats::TrustClaim;

Explained refused() {
  Explained explained{.ear = {}, .signature = SignatureState::good, .now = Timestamp(Seconds(1'001))};
  explained.ear.issued_at = Timestamp(Seconds(1'000));
  explained.ear.expires = Timestamp(Seconds(2'000));
  explained.ear.verifier_developer = "Credence";
  explained.ear.verifier_build = "1";
  rats::Submodule& submodule = explained.ear.submodules["PARSEC_TPM"];
  submodule.vector.emplace()[TrustClaim::executables] = rats::kUnrecognisedRuntime;
  (*submodule.vector)[TrustClaim::hardware] = rats::kTrustworthy;
  submodule.status = submodule.vector->tier();
  submodule.policy_claims["problem"] = "PCR 1 differs";
  submodule.policy_claims["code"] = "pcr_mismatch";
  return explained;
}

rats::TraceStep step() {
  return {.submodule = "PARSEC_TPM",
          .claim = "executables",
          .subject = "PCR 1 (sha-256)",
          .expected = "0101",
          .actual = "9999",
          .source = "build 7",
          .submission = "abcd",
          .agrees = false};
}

TEST(Explanation, SaysEachClaimInWords) {
  const std::string text = explanation_text(refused());
  for (const std::string_view part :
       {"verdict    warning", "signature  good, by a given key", "PARSEC_TPM: warning", "executables",
        "something is loaded that nobody has approved", "genuine hardware and firmware", "problem: PCR 1 differs",
        "what to do: Find out which software changed", "open the\nsession with trace=1"})
    EXPECT_TRUE(text.contains(part)) << part << "\n" << text;
  EXPECT_FALSE(text.contains("configuration"));  // not appraised: no claim
}

TEST(Explanation, NamesWhatWasCompared) {
  Explained explained = refused();
  explained.ear.credence.trace = {step(), {.submodule = "PARSEC_TPM", .subject = "PCR 0", .agrees = true}};
  const std::string text = explanation_text(explained);
  for (const std::string_view part : {"[BAD]  PCR 1 (sha-256) (executables)", "expected   0101", "actual     9999",
                                      "source     build 7", "submission abcd", "[good] PCR 0"})
    EXPECT_TRUE(text.contains(part)) << part << "\n" << text;
  EXPECT_FALSE(text.contains("carries no trace"));
  const json::Object object = explanation(explained);
  const json::Object& first = object.at("submodules").at("PARSEC_TPM").at("steps").as_array().at(0).as_object();
  EXPECT_EQ(first, (json::Object{{"agrees", false},
                                 {"claim", "executables"},
                                 {"subject", "PCR 1 (sha-256)"},
                                 {"expected", "0101"},
                                 {"actual", "9999"},
                                 {"source", "build 7"},
                                 {"submission", "abcd"}}));
}

TEST(Explanation, SaysWhenNobodyVouchesForIt) {
  Explained explained = refused();
  explained.signature = SignatureState::not_checked;
  EXPECT_TRUE(explanation_text(explained).contains("NOT CHECKED"));
  explained.signature = SignatureState::none;
  EXPECT_TRUE(explanation_text(explained).contains("NONE: these are bare claims"));
}

TEST(Explanation, SaysWhenItIsOver) {
  Explained explained = refused();
  EXPECT_FALSE(explanation_text(explained).contains("EXPIRED"));
  explained.now = Timestamp(Seconds(2'000));
  EXPECT_TRUE(explanation_text(explained).contains("EXPIRED"));
  EXPECT_TRUE(explanation(explained).at("expired").as_bool());
}

TEST(Explanation, SaysWhatLessensIt) {
  Explained explained = refused();
  explained.ear.credence.warnings = {"software TPM"};
  explained.ear.credence.test_root = true;
  explained.ear.credence.purpose = "challenge";
  const std::string text = explanation_text(explained);
  for (const std::string_view part :
       {"software TPM", "INSECURE TEST ROOT", "made for a challenge: says nothing of a TLS connection"})
    EXPECT_TRUE(text.contains(part)) << part;
}

// What a terminal would obey is shown instead.
TEST(Explanation, IsPrintable) {
  Explained explained = refused();
  explained.ear.submodules["\x1b[2J"] = explained.ear.submodules.at("PARSEC_TPM");
  explained.ear.submodules.at("PARSEC_TPM").policy_claims["problem"] = "\x1b[31m";
  rats::TraceStep evil = step();
  evil.actual = "\x1b]0;x\x07";
  explained.ear.credence.trace = {evil};
  const std::string text = explanation_text(explained);
  EXPECT_FALSE(text.contains('\x1b'));
  EXPECT_FALSE(text.contains('\x07'));
  EXPECT_TRUE(text.contains("\\x1b[31m"));
}

TEST(Meaning, OfAValueThatTheDraftDoesNotListIsThatOfItsTier) {
  EXPECT_EQ(meaning_of(TrustClaim::executables, 2), "all that was loaded is approved");
  EXPECT_EQ(meaning_of(TrustClaim::hardware, 33), "not as it should be");
  EXPECT_EQ(meaning_of(TrustClaim::hardware, 31), "good");
  EXPECT_EQ(meaning_of(TrustClaim::sourced_data, -128), "not to be trusted");
  EXPECT_EQ(meaning_of(TrustClaim::file_system, -1), "the verifier could not work");
  EXPECT_EQ(meaning_of(TrustClaim::file_system, 99), "the evidence is not authentic, or not for this challenge");
}

TEST(Meaning, AdviceGoesByTheCode) {
  EXPECT_TRUE(advice_for("unknown_attester").contains("credence provision"));
  EXPECT_EQ(advice_for("no such code"), "");
  EXPECT_EQ(advice_for(""), "");
}

}  // namespace
}  // namespace credence::cli
