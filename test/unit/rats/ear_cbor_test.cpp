#include <gtest/gtest.h>

#include <algorithm>

#include "full_ear.h"
#include "hex.h"
#include "rats/ear/ear.h"
#include "support/diagnostic.h"

namespace credence::rats {
namespace {

using credence::test::from_diagnostic;
using credence::test::hex;
using test::expect_same;
using test::full_ear;

constexpr std::string_view kMinimal =
    R"({265: "tag:ietf.org,2026:rats/ear#03", 6: 1666091373, 1004: {0: "D", 1: "B"}, 266: {"S": {1000: 2}}})";

// The minimal EAR with one text in it replaced by another.
Result<Ear> read_changed(std::string_view from, std::string_view to) {
  std::string text(kMinimal);
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  return ear_from_cbor(from_diagnostic(text));
}

TEST(EarCbor, MinimalIsRead) {
  const Ear ear = read_changed("", "").value();
  EXPECT_EQ(ear.profile, "tag:ietf.org,2026:rats/ear#03");
  EXPECT_EQ(ear.issued_at, Timestamp(Seconds(1'666'091'373)));
  EXPECT_EQ(ear.verifier_developer, "D");
  EXPECT_EQ(ear.verifier_build, "B");
  EXPECT_TRUE(ear.is_affirming());
}

TEST(EarCbor, IsReadBack) {
  const Ear ear = full_ear();
  expect_same(ear_from_cbor(ear_to_cbor(ear).value()).value(), ear);
}

TEST(EarCbor, SaysWhatItsJsonSays) {
  const Ear ear = full_ear();
  const Ear from_cbor = ear_from_cbor(ear_to_cbor(ear).value()).value();
  for (const EarSpelling spelling : {EarSpelling::veraison, EarSpelling::draft})
    EXPECT_EQ(json::Value(ear_to_json(from_cbor, spelling)), json::Value(ear_to_json(ear, spelling)));
}

TEST(EarCbor, IsWrittenWithTheKeysOfTheDraft) {
  Ear ear;
  ear.issued_at = Timestamp(Seconds(1'666'529'184));
  ear.expires = Timestamp(Seconds(1'666'529'185));
  ear.issuer = "I";
  ear.audience = "A";
  ear.nonce = hex("948f8860d13a463e");
  ear.ueid = hex("01ff");
  ear.verifier_developer = "D";
  ear.verifier_build = "B";
  ear.raw_evidence = hex("6c69");
  Submodule& submodule = ear.submodules["S"];
  submodule.status = Tier::warning;
  submodule.vector.emplace()[TrustClaim::executables] = kUnrecognisedRuntime;
  (*submodule.vector)[TrustClaim::hardware] = kVerifierMalfunction;
  submodule.policy_ids = {"P"};
  submodule.attested_key = hex("3059");
  submodule.annotated_evidence["e"] = 1;
  submodule.policy_claims["problem"] = "X";
  ear.credence.test_root = true;
  EXPECT_EQ(ear_to_cbor(ear).value(), from_diagnostic(R"({
    1: "I", 3: "A", 4: 1666529185, 6: 1666529184, 10: h'948f8860d13a463e', 256: h'01ff',
    265: "tag:ietf.org,2026:rats/ear#03",
    266: {"S": {1000: 32, 1001: {0: 0, 1: 0, 2: 33, 3: 0, 4: -1, 5: 0, 6: 0, 7: 0}, 1003: ["P"],
                -70000: {"e": 1}, -70001: {"problem": "X"}, -70002: {"akpub": h'3059'}}},
    1002: h'6c69', 1004: {0: "D", 1: "B"}, "credence.test-root": true})"));
}

TEST(EarCbor, ReadsAnnotatedEvidenceThatJsonCannotSay) {
  const Ear ear = read_changed("2}}", R"(2, -70000: {1: h'ff00', "t": 1(1), "l": [h'']}}})").value();
  EXPECT_EQ(json::to_text(ear.submodules.at("S").annotated_evidence), R"({"1":"_wA","l":[""],"t":1})");
}

// Two statuses: one reader would take the first, another the last.
TEST(EarCbor, StatusStandsOnce) {
  Bytes claims = from_diagnostic(kMinimal);
  const Bytes once = hex("a11903e802"), twice = hex("a21903e8021903e81860");
  const auto found = std::ranges::search(claims, once);
  ASSERT_FALSE(found.empty());
  const auto at = claims.erase(found.begin(), found.end());
  claims.insert(at, twice.begin(), twice.end());
  const auto ear = ear_from_cbor(claims);
  ASSERT_FALSE(ear);
  EXPECT_EQ(ear.error().code, Errc::duplicate_key);
  EXPECT_EQ(ear.error().path, "submods");
}

TEST(EarCbor, OverallStatusCounts) {
  const Ear good = read_changed("6: 16", "1000: 2, 6: 16").value();
  EXPECT_TRUE(good.is_affirming());
  const Ear bad = read_changed("6: 16", "1000: 96, 6: 16").value();
  EXPECT_FALSE(bad.is_affirming());
  EXPECT_EQ(bad.status(), Tier::contraindicated);
}

TEST(EarCbor, WithAConfirmationKeyThatIsNoneIsNotWritten) {
  Ear ear = full_ear();
  ear.confirmation_key = hex("00");
  EXPECT_EQ(ear_to_cbor(ear).error().path, "cnf");
}

TEST(EarCbor, NestedTooDeepIsNotWritten) {
  Ear ear = full_ear();
  json::Value deep(1);
  for (int i = 0; i < 20; ++i) deep = json::Array{deep};
  ear.submodules.at("PARSEC_TPM").annotated_evidence["deep"] = deep;
  const Error error = ear_to_cbor(ear).error();
  EXPECT_EQ(error.code, Errc::too_deep);
  EXPECT_EQ(error.path, "submods.PARSEC_TPM.ear_veraison_annotated_evidence");
}

struct Refusal {
  std::string_view from;
  std::string_view to;
  Errc code;
  std::string_view path;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.from << " -> " << refusal.to; }

class EarCborRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(EarCborRefusal, NamesCodeAndMember) {
  const auto ear = read_changed(GetParam().from, GetParam().to);
  ASSERT_FALSE(ear);
  EXPECT_EQ(ear.error().code, GetParam().code) << ear.error().text();
  EXPECT_EQ(ear.error().path, GetParam().path) << ear.error().text();
}

INSTANTIATE_TEST_SUITE_P(
    Table, EarCborRefusal,
    testing::Values(
        Refusal{"265: \"tag:ietf.org,2026:rats/ear#03\", ", "", Errc::missing_member, "eat_profile"},
        // Veraison's profile says what its names mean in JSON, nothing of these keys.
        Refusal{"tag:ietf.org,2026:rats/ear#03", "tag:github.com,2023:veraison/ear", Errc::unsupported, "eat_profile"},
        Refusal{"6: 1666091373, ", "", Errc::missing_member, "iat"},
        Refusal{"1666091373", "\"now\"", Errc::unexpected_type, "iat"},
        Refusal{"1666091373", "9223372036854775807", Errc::invalid_value, "iat"},
        Refusal{"1004: {0: \"D\", 1: \"B\"}, ", "", Errc::missing_member, "ear_verifier_id"},
        Refusal{", 1: \"B\"", "", Errc::missing_member, "ear_verifier_id"},
        Refusal{"0: \"D\"", "0: 1", Errc::unexpected_type, "ear_verifier_id.developer"},
        Refusal{", 266: {\"S\": {1000: 2}}", "", Errc::missing_member, "submods"},
        Refusal{"{\"S\": {1000: 2}}", "{}", Errc::missing_member, "submods"},
        Refusal{"{1000: 2}", "1", Errc::unexpected_type, "submods.S"},
        Refusal{"1000: 2", "", Errc::missing_member, "submods.S.ear_status"},
        Refusal{"1000: 2", "1000: 3", Errc::invalid_value, "submods.S.ear_status"},
        Refusal{"1000: 2", "1000: \"affirming\"", Errc::unexpected_type, "submods.S.ear_status"},
        Refusal{"1000: 2", "1000: 2, 1001: {8: 2}", Errc::unsupported, "submods.S.ear_trustworthiness_vector"},
        Refusal{"1000: 2", "1000: 2, 1001: {-1: 2}", Errc::unsupported, "submods.S.ear_trustworthiness_vector"},
        Refusal{"1000: 2", "1000: 2, 1001: {0: 128}", Errc::invalid_value, "submods.S.ear_trustworthiness_vector"},
        Refusal{"1000: 2", "1000: 2, 1001: {0: -129}", Errc::invalid_value, "submods.S.ear_trustworthiness_vector"},
        Refusal{"1000: 2", "1000: 2, 1003: \"one\"", Errc::unexpected_type, "submods.S.ear_appraisal_policy_ids"},
        Refusal{"1000: 2", "1000: 2, -70000: [1]", Errc::unexpected_type, "submods.S.ear_veraison_annotated_evidence"},
        Refusal{"1000: 2", "1000: 2, -70000: {1: 1, \"1\": 2}", Errc::duplicate_key,
                "submods.S.ear_veraison_annotated_evidence"},
        Refusal{"1000: 2", "1000: 2, -70001: \"x\"", Errc::unexpected_type, "submods.S.ear_veraison_policy_claims"},
        Refusal{"1000: 2", "1000: 2, -70002: {}", Errc::missing_member, "submods.S.ear_veraison_key_attestation"},
        Refusal{"1000: 2", "1000: 2, -70002: {\"akpub\": \"x\"}", Errc::unexpected_type,
                "submods.S.ear_veraison_key_attestation"},
        Refusal{"6: 16", "1000: 1, 6: 16", Errc::invalid_value, "ear_status"},
        Refusal{"6: 16", "1002: \"x\", 6: 16", Errc::unexpected_type, "ear_raw_evidence"},
        Refusal{"6: 16", "10: h'00', 6: 16", Errc::invalid_value, "eat_nonce"},
        Refusal{"6: 16", "10: [h'0000000000000000', h'0000000000000001'], 6: 16", Errc::unsupported, "eat_nonce"},
        Refusal{"6: 16", "256: h'', 6: 16", Errc::invalid_value, "ueid"},
        Refusal{"6: 16", "8: {3: h'00'}, 6: 16", Errc::unsupported, "cnf"},
        Refusal{"6: 16", "\"credence.test-root\": 1, 6: 16", Errc::unexpected_type, "credence.test-root"}));

}  // namespace
}  // namespace credence::rats
