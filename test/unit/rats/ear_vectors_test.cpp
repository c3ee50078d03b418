// EARs made by others.
#include <gtest/gtest.h>

#include "rats/ear/ear.h"
#include "sign/jose/jwk.h"
#include "support/diagnostic.h"
#include "support/octet_changes.h"
#include "vector_files.h"

namespace credence::rats {
namespace {

struct Vector {
  std::string_view file;
  std::optional<Tier> status;  // absent: refused
  std::string_view path;       // of the refusal
};

void check_claims(const Result<Ear>& ear, const Vector& vector) {
  ASSERT_EQ(ear.has_value(), vector.status.has_value()) << vector.file << ": " << (ear ? "" : ear.error().text());
  if (!ear) {
    EXPECT_EQ(ear.error().path, vector.path) << vector.file;
    return;
  }
  EXPECT_EQ(ear->status(), vector.status) << vector.file;
  EXPECT_EQ(ear->is_affirming(), vector.status == Tier::affirming) << vector.file;
  for (const EarSpelling spelling : {EarSpelling::veraison, EarSpelling::draft}) {
    EXPECT_EQ(ear_from_json(ear_to_json(*ear, spelling)).value().status(), vector.status) << vector.file;
  }
}

TEST(EarVectors, OfClaimsAreReadOrRefused) {
  CREDENCE_VECTORS_OR_SKIP(root);
  constexpr std::array kVectors{
      Vector{"parsec/veraison-ear/ear-claims.json", Tier::affirming, ""},
      Vector{"parsec/veraison-ear/ear-claims-tv-ok.json", Tier::affirming, ""},
      Vector{"parsec/veraison-ear/ear-claims-extension-ok.json", Tier::affirming, ""},
      Vector{"parsec/veraison-ear/ear-claims-key-attestation-ok.json", Tier::affirming, ""},
      Vector{"parsec/veraison-ear/ear-claims-key-attestation-ko.json", std::nullopt,
             "submods.PARSEC_TPM.ear.veraison.key-attestation.akpub"},
      Vector{"eat-ear/confidential-trustee/example.token.json", Tier::contraindicated, ""},
  };
  for (const Vector& vector : kVectors) {
    check_claims(ear_from_json(json::parse(test::read_text(root / vector.file)).value()), vector);
  }
  EXPECT_EQ(test::files_below(root / "parsec/veraison-ear", {".json"}).size(), 6U);  // with the key
}

TEST(EarVectors, OfTheIntegrationTestsAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "veraison/integration/results";
  const auto files = test::files_below(folder, {".json"});
  for (const std::string& file : files) {
    // They are the submodules alone.
    json::Value claims =
        json::parse(
            R"({"eat_profile":"tag:github.com,2023:veraison/ear","iat":1,"ear.verifier-id":{"developer":"D","build":"B"}})")
            .value();
    claims.as_object()["submods"] = json::parse(test::read_text(folder / file)).value();
    const auto expected = file == "psa.noident.json" ? Tier::contraindicated : Tier::affirming;
    const auto ear = ear_from_json(claims);
    ASSERT_TRUE(ear) << file << ": " << ear.error().text();
    EXPECT_EQ(ear->status(), expected) << file;
    EXPECT_EQ(ear->is_affirming(), expected == Tier::affirming) << file;
    EXPECT_EQ(ear->problems().size(), expected == Tier::affirming ? 0U : 1U) << file;
  }
  EXPECT_EQ(files.size(), 5U);
}

TEST(EarVectors, OfTheDraftAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  // JSON with the extension of diagnostic notation.
  const auto folder = root / "eat-ear/ietf-rats-wg-draft-ietf-rats-ear";
  for (const auto& [file, status] :
       {std::pair{"ear-json-1.diag", Tier::contraindicated}, std::pair{"ear-json-2.diag", Tier::affirming},
        std::pair{"ext-veraison-json-1.diag", Tier::contraindicated},
        std::pair{"ext-veraison-json-2.diag", Tier::affirming}}) {
    check_claims(ear_from_json(json::parse(test::read_text(folder / file)).value()), {file, status, ""});
  }
}

TEST(EarVectors, OfTheDraftInCborAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "eat-ear/ietf-rats-wg-draft-ietf-rats-ear";
  for (const auto& [file, submodule] :
       {std::pair{"ext-veraison-cbor-1.diag", "PSA_IOT"}, std::pair{"ext-teep-cbor-1.diag", "PSA"}}) {
    const auto ear = ear_from_cbor(test::from_diagnostic(test::read_text(folder / file)));
    ASSERT_TRUE(ear) << file << ": " << ear.error().text();
    EXPECT_EQ(ear->status(), Tier::none) << file;
    EXPECT_FALSE(ear->is_affirming()) << file;
    EXPECT_EQ(ear->verifier_build, "vts 0.0.1") << file;
    EXPECT_EQ(as_text(ear->raw_evidence.value()), "lifeboatman") << file;
    EXPECT_EQ(ear->submodules.at(submodule).vector.value()[TrustClaim::executables], kTrustworthy) << file;
    EXPECT_EQ(ear_from_cbor(ear_to_cbor(*ear).value()).value().status(), Tier::none) << file;
  }
  // A CWT of other claims: its keys mean nothing here.
  const auto other = test::read_text(root / "eat-ear/ietf-rats-wg-eat/Example-Tokens/valid_cwt.diag");
  EXPECT_EQ(decode_ear_cwt(test::from_diagnostic(other)).error().path, "eat_profile");
}

std::string token(const std::filesystem::path& path) {
  std::string text = test::read_text(path);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

TEST(EarVectors, OfTokensAreReadOrRefused) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "veraison/ear";
  constexpr std::array kVectors{
      Vector{"jwt-1.jwt", Tier::affirming, ""}, Vector{"jwt-5.jwt", Tier::affirming, ""},
      Vector{"jwt-7.jwt", Tier::affirming, ""}, Vector{"jwt-8.jwt", std::nullopt, "iat"},  // a floating-point iat
  };
  for (const Vector& vector : kVectors) check_claims(decode_ear(token(folder / vector.file)), vector);
  EXPECT_FALSE(decode_ear(token(folder / "jwt-10.jwt")));  // HS256, and no EAR
  EXPECT_EQ(test::files_below(folder, {".jwt"}).size(), 5U);
}

TEST(EarVectors, OfTokensVerifyWithTheirKeyOnly) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "veraison/ear";
  const auto jwk = json::parse(test::read_text(folder / "pkey.json")).value();
  const std::array right{jose::key_from_jwk(jwk.as_object()).value()};
  const std::array wrong{crypto::PublicKey::from_pem(test::read_text(folder / "rust/ec_key_pub.pem")).value()};
  for (const std::string_view file : {"jwt-5.jwt", "jwt-7.jwt"}) {
    const auto ear = verify_ear(token(folder / file), right);
    EXPECT_TRUE(ear) << file << ": " << ear.error().text();
    EXPECT_EQ(verify_ear(token(folder / file), wrong).error().code, Errc::untrusted_verifier) << file;
    test::expect_changes_refused(to_bytes(as_bytes(token(folder / file))),
                                 [&](const Bytes& changed) { return verify_ear(as_text(changed), right).has_value(); },
                                 {test::kLowestBit, test::kHighestBit});
  }
}

}  // namespace
}  // namespace credence::rats
