#include <gtest/gtest.h>

#include <stdexcept>

#include "full_ear.h"
#include "hex.h"
#include "rats/ear/ear.h"

namespace credence::rats {
namespace {

using credence::test::hex;
using test::expect_same;
using test::full_ear;

constexpr std::string_view kMinimal =
    R"({"eat_profile":"tag:github.com,2023:veraison/ear","iat":1666091373,)"
    R"("ear.verifier-id":{"developer":"D","build":"B"},"submods":{"S":{"ear.status":"affirming"}}})";

Result<Ear> read(std::string_view text) { return ear_from_json(json::parse(text).value()); }

// The minimal EAR with one member set to another value, or removed when it is null. A dot-free path: "submods/S".
json::Value changed(std::string_view path, const json::Value& value) {
  json::Value claims = json::parse(kMinimal).value();
  json::Object* object = &claims.as_object();
  while (true) {
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) break;
    object = &(*object)[path.substr(0, slash)].as_object();
    path.remove_prefix(slash + 1);
  }
  if (value.is_null()) {
    object->erase(path);
  } else {
    (*object)[path] = value;
  }
  return claims;
}

TEST(EarJson, MinimalIsRead) {
  const Ear ear = read(kMinimal).value();
  EXPECT_EQ(ear.issued_at, Timestamp(Seconds(1'666'091'373)));
  EXPECT_EQ(ear.verifier_developer, "D");
  EXPECT_EQ(ear.verifier_build, "B");
  EXPECT_EQ(ear.submodules.at("S").status, Tier::affirming);
  EXPECT_EQ(ear.submodules.at("S").vector, std::nullopt);
  EXPECT_TRUE(ear.is_affirming());
}

TEST(EarJson, IsReadBackInBothSpellings) {
  const Ear ear = full_ear();
  for (const EarSpelling spelling : {EarSpelling::veraison, EarSpelling::draft}) {
    expect_same(ear_from_json(ear_to_json(ear, spelling)).value(), ear);
  }
}

TEST(EarJson, IsWrittenAsVeraisonWritesIt) {
  Ear ear = full_ear();
  ear.confirmation_key.reset();
  ear.submodules.at("PARSEC_TPM").attested_key = hex("fbff");
  ear.submodules.at("PARSEC_TPM").annotated_evidence.erase("nested");
  ear.overall_status.reset();
  const json::Value expected = json::parse(R"json({
    "eat_profile": "tag:github.com,2023:veraison/ear", "iat": 1766000000, "exp": 1766000600,
    "iss": "https://verifier.example", "aud": "relying party", "eat_nonce": "AQIDBAUGBwgJCg==", "ueid": "Af8C",
    "ear.verifier-id": {"developer": "Credence", "build": "1"}, "ear.raw-evidence": "oP8",
    "submods": {"PARSEC_TPM": {"ear.status": "contraindicated",
      "ear.trustworthiness-vector": {"instance-identity": 0, "configuration": 0, "executables": 33, "file-system": 0,
        "hardware": -1, "runtime-opaque": 0, "storage-opaque": 0, "sourced-data": 0},
      "ear.appraisal-policy-id": "policy:X", "ear.veraison.annotated-evidence": {"a": 1},
      "ear.veraison.policy-claims": {"problem": "PCR 4"}, "ear.veraison.key-attestation": {"akpub": "-_8"}}},
    "credence.purpose": "channel", "credence.software-tpm": true, "credence.unknown-tpm-maker": false,
    "credence.test-root": true, "credence.compatibility-mode": false, "credence.hazard-allowed": true,
    "credence.class-id": "cd1f0e55-26f9-460d-b9d8-f7fde171787c", "credence.evidence-time": 1765999999,
    "credence.warnings": ["one", "two"], "credence.trace": [
      {"submodule": "PARSEC_TPM", "claim": "executables", "subject": "PCR 1 (sha-256)", "expected": "00",
       "actual": "01", "source": "corim 1", "submission": "ab", "agrees": false},
      {"submodule": "PARSEC_TPM", "subject": "signature", "agrees": true}]})json")
                                   .value();
  EXPECT_EQ(json::Value(ear_to_json(ear)), expected);
}

TEST(EarJson, IsWrittenInTheNamesOfTheDraft) {
  Ear ear = full_ear();
  ear.submodules.at("PARSEC_TPM").policy_ids = {"one", "two"};
  const json::Object claims = ear_to_json(ear, EarSpelling::draft);
  EXPECT_EQ(claims.at("eat_profile"), "tag:ietf.org,2026:rats/ear#03");
  EXPECT_TRUE(claims.contains("ear_verifier_id"));
  const json::Object& submodule = claims.at("submods").at("PARSEC_TPM").as_object();
  EXPECT_EQ(submodule.at("ear_status"), "contraindicated");
  EXPECT_EQ(submodule.at("ear_trustworthiness_vector").at("executables"), 33);
  EXPECT_EQ(submodule.at("ear_appraisal_policy_ids"), (json::Array{"one", "two"}));
  EXPECT_EQ(ear_from_json(claims).value().submodules.at("PARSEC_TPM").policy_ids.size(), 2U);
}

TEST(EarJson, ProfilesOfOthersAreReadInTheirSpelling) {
  EXPECT_TRUE(ear_from_json(changed("eat_profile", "tag:github.com,2024:confidential-containers/Trustee")));
  // The names of the other spelling are not looked at.
  const auto draft = ear_from_json(changed("eat_profile", "tag:ietf.org,2026:rats/ear#03"));
  EXPECT_EQ(draft.error().code, Errc::missing_member);
}

TEST(EarJson, StatusMayBeANumber) {
  for (const Tier tier : {Tier::none, Tier::affirming, Tier::warning, Tier::contraindicated}) {
    const Ear by_number = ear_from_json(changed("submods/S/ear.status", static_cast<int>(tier))).value();
    EXPECT_EQ(by_number.submodules.at("S").status, tier);
    const Ear by_name = ear_from_json(changed("submods/S/ear.status", json::Value(name(tier)))).value();
    EXPECT_EQ(by_name.submodules.at("S").status, tier);
  }
}

TEST(EarJson, OverallStatusCountsInBothSpellings) {
  EXPECT_TRUE(ear_from_json(changed("ear.status", "affirming")).value().is_affirming());
  for (const Tier tier : {Tier::none, Tier::warning, Tier::contraindicated}) {
    const Ear ear = ear_from_json(changed("ear.status", json::Value(name(tier)))).value();
    EXPECT_FALSE(ear.is_affirming());
    EXPECT_EQ(ear.status(), tier);
    EXPECT_FALSE(ear_from_json(ear_to_json(ear, EarSpelling::draft)).value().is_affirming());
  }
}

TEST(EarJson, NonceIsReadInEveryDialect) {
  for (const std::string_view text : {"--_-AQIDBAU=", "--_-AQIDBAU", "++/+AQIDBAU="}) {
    EXPECT_EQ(ear_from_json(changed("eat_nonce", json::Value(text))).value().nonce, hex("fbeffe0102030405")) << text;
  }
}

TEST(EarJson, WritingAConfirmationKeyThatIsNoneIsABug) {
  Ear ear = read(kMinimal).value();
  ear.confirmation_key = hex("00");
  EXPECT_THROW((void)ear_to_json(ear), std::logic_error);
}

struct Refusal {
  std::string_view path;   // of the member that is changed
  std::string_view value;  // JSON; null removes it
  Errc code;
  std::string_view error_path;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.path << " = " << refusal.value; }

class EarRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(EarRefusal, NamesCodeAndMember) {
  const auto ear = ear_from_json(changed(GetParam().path, json::parse(GetParam().value).value()));
  ASSERT_FALSE(ear);
  EXPECT_EQ(ear.error().code, GetParam().code) << ear.error().text();
  EXPECT_EQ(ear.error().path, GetParam().error_path) << ear.error().text();
}

INSTANTIATE_TEST_SUITE_P(
    TopLevel, EarRefusal,
    testing::Values(
        Refusal{"eat_profile", "null", Errc::missing_member, "eat_profile"},
        Refusal{"eat_profile", "\"tag:other\"", Errc::unsupported, "eat_profile"},
        Refusal{"eat_profile", "1", Errc::unexpected_type, "eat_profile"},
        Refusal{"iat", "null", Errc::missing_member, "iat"}, Refusal{"iat", "\"1\"", Errc::unexpected_type, "iat"},
        Refusal{"iat", "1.5", Errc::unexpected_type, "iat"},
        Refusal{"iat", "9223372036854775807", Errc::invalid_value, "iat"},
        Refusal{"exp", "\"never\"", Errc::unexpected_type, "exp"}, Refusal{"iss", "1", Errc::unexpected_type, "iss"},
        Refusal{"aud", "[]", Errc::unsupported, "aud"}, Refusal{"aud", "[\"a\",\"b\"]", Errc::unsupported, "aud"},
        Refusal{"aud", "[1]", Errc::unexpected_type, "aud"},
        Refusal{"eat_nonce", "\"AAAA\"", Errc::invalid_value, "eat_nonce"},
        Refusal{"eat_nonce", "[\"AAAAAAAAAAAA\",\"AAAAAAAAAAAA\"]", Errc::unexpected_type, "eat_nonce"},
        Refusal{"ueid", "\"\"", Errc::invalid_value, "ueid"}, Refusal{"ueid", "\"A=\"", Errc::malformed, "ueid"},
        Refusal{"cnf", "{}", Errc::unsupported, "cnf"}, Refusal{"cnf", "{\"kid\":\"x\"}", Errc::unsupported, "cnf"},
        Refusal{"cnf", "{\"jwk\":1}", Errc::unexpected_type, "cnf.jwk"},
        Refusal{"ear.verifier-id", "null", Errc::missing_member, "ear.verifier-id"},
        Refusal{"ear.verifier-id/build", "null", Errc::missing_member, "ear.verifier-id.build"},
        Refusal{"ear.verifier-id/developer", "1", Errc::unexpected_type, "ear.verifier-id.developer"},
        Refusal{"submods", "null", Errc::missing_member, "submods"},
        Refusal{"submods", "{}", Errc::missing_member, "submods"},
        Refusal{"submods", "[]", Errc::unexpected_type, "submods"},
        Refusal{"credence.purpose", "1", Errc::unexpected_type, "credence.purpose"},
        Refusal{"credence.test-root", "\"false\"", Errc::unexpected_type, "credence.test-root"},
        Refusal{"ear.status", "\"fine\"", Errc::invalid_value, "ear.status"},
        Refusal{"ear.raw-evidence", "\"+_\"", Errc::malformed, "ear.raw-evidence"},
        Refusal{"credence.warnings", "\"w\"", Errc::unexpected_type, "credence.warnings"},
        Refusal{"credence.trace", "1", Errc::unexpected_type, "credence.trace"},
        Refusal{"credence.trace", "[1]", Errc::unexpected_type, "credence.trace"},
        Refusal{"credence.trace", "[{\"subject\":1}]", Errc::unexpected_type, "credence.trace.subject"},
        Refusal{"credence.evidence-time", "-9223372036854775807", Errc::invalid_value, "credence.evidence-time"}));

INSTANTIATE_TEST_SUITE_P(
    Submodule, EarRefusal,
    testing::Values(Refusal{"submods/S", "1", Errc::unexpected_type, "submods.S"},
                    Refusal{"submods/S/ear.status", "null", Errc::missing_member, "submods.S.ear.status"},
                    Refusal{"submods/S/ear.status", "\"Affirming\"", Errc::invalid_value, "submods.S.ear.status"},
                    Refusal{"submods/S/ear.status", "3", Errc::invalid_value, "submods.S.ear.status"},
                    Refusal{"submods/S/ear.status", "2.0", Errc::invalid_value, "submods.S.ear.status"},
                    Refusal{"submods/S/ear.status", "true", Errc::invalid_value, "submods.S.ear.status"},
                    Refusal{"submods/S/ear.trustworthiness-vector", "[2]", Errc::unexpected_type,
                            "submods.S.ear.trustworthiness-vector"},
                    Refusal{"submods/S/ear.trustworthiness-vector", "{\"hardware\":128}", Errc::invalid_value,
                            "submods.S.ear.trustworthiness-vector.hardware"},
                    Refusal{"submods/S/ear.trustworthiness-vector", "{\"hardware\":-129}", Errc::invalid_value,
                            "submods.S.ear.trustworthiness-vector.hardware"},
                    Refusal{"submods/S/ear.trustworthiness-vector", "{\"hardware\":\"2\"}", Errc::invalid_value,
                            "submods.S.ear.trustworthiness-vector.hardware"},
                    Refusal{"submods/S/ear.trustworthiness-vector", "{\"Hardware\":2}", Errc::unsupported,
                            "submods.S.ear.trustworthiness-vector.Hardware"},
                    Refusal{"submods/S/ear.appraisal-policy-id", "1", Errc::unexpected_type,
                            "submods.S.ear.appraisal-policy-id"},
                    Refusal{"submods/S/ear.veraison.key-attestation", "{}", Errc::missing_member,
                            "submods.S.ear.veraison.key-attestation.akpub"},
                    Refusal{"submods/S/ear.veraison.key-attestation", "{\"akpub\":\"A\"}", Errc::malformed,
                            "submods.S.ear.veraison.key-attestation.akpub"},
                    Refusal{"submods/S/ear.veraison.policy-claims", "\"x\"", Errc::unexpected_type,
                            "submods.S.ear.veraison.policy-claims"}));

}  // namespace
}  // namespace credence::rats
