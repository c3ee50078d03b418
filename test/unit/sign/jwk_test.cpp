#include "sign/jose/jwk.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace credence::jose {
namespace {

using crypto::KeyType;

json::Object object(std::string_view text) { return json::parse(text).value().as_object(); }

// RFC 7515 appendix A.3.1.
constexpr std::string_view kEc = R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
// RFC 8037 appendix A.2.
constexpr std::string_view kOkp = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

TEST(Jwk, EveryTypeGoesThereAndBack) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa, KeyType::ed25519}) {
    const crypto::PublicKey key = crypto::PrivateKey::generate(type).value().public_key();
    const json::Object jwk = jwk_from_key(key).value();
    EXPECT_EQ(key_from_jwk(jwk).value(), key);
    EXPECT_EQ(json::required_text(jwk, "kid").value(), thumbprint(key).value());
    EXPECT_EQ(jwk.contains("alg"), type != KeyType::rsa);
  }
}

// RFC 7638 section 3.1 and RFC 8037 appendix A.3.
TEST(Jwk, Thumbprints) {
  const json::Object rsa = object(
      R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJE)"
      R"(CPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqz)"
      R"(s8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIq)"
      R"(bw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})");
  EXPECT_EQ(thumbprint(key_from_jwk(rsa).value()).value(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  EXPECT_EQ(thumbprint(key_from_jwk(object(kOkp)).value()).value(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

// RFC 7638 section 3: the required members in lexicographic order, without white space.
TEST(Jwk, ThumbprintsAreOfTheRequiredMembers) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa, KeyType::ed25519}) {
    const crypto::PublicKey key = crypto::PrivateKey::generate(type).value().public_key();
    const json::Object jwk = jwk_from_key(key).value();
    json::Object required;
    for (const std::string_view member : {"crv", "e", "kty", "n", "x", "y"})
      if (jwk.contains(member)) required[member] = jwk.at(member);
    const std::string text = json::to_text(required);
    const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes(text)).value();
    EXPECT_EQ(thumbprint(key).value(), to_base64url(digest.view())) << text;
  }
}

struct Change {
  std::string name;
  std::string_view member;
  std::optional<std::string_view> value;  // as JSON; none: the member is taken away
  Errc code;
};
void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

class ChangedJwk : public testing::TestWithParam<Change> {};

TEST_P(ChangedJwk, IsRefused) {
  json::Object jwk = object(kEc);
  ASSERT_TRUE(key_from_jwk(jwk));
  jwk.erase(GetParam().member);
  if (GetParam().value) jwk[GetParam().member] = json::parse("[" + std::string(*GetParam().value) + "]").value().at(0);
  const auto key = key_from_jwk(jwk);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, GetParam().code) << key.error().text();
}

const Change kChanges[] = {
    {"WithoutKty", "kty", std::nullopt, Errc::missing_member},
    {"WithoutCurve", "crv", std::nullopt, Errc::missing_member},
    {"WithoutY", "y", std::nullopt, Errc::missing_member},
    {"Symmetric", "kty", R"("oct")", Errc::unsupported},
    {"KtyOfAnotherKey", "kty", R"("RSA")", Errc::missing_member},
    {"UnknownCurve", "crv", R"("secp256k1")", Errc::unsupported},
    {"CurveOfAnotherSize", "crv", R"("P-384")", Errc::bad_key},
    {"CoordinateIsANumber", "x", "1", Errc::unexpected_type},
    {"CoordinateWithPadding", "x", R"("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=")", Errc::malformed},
    {"CoordinateInTheOtherAlphabet", "y", R"("x/FEzRu9m36HLN/tue659LNpXW6pCyStikYjKIWI5a0")", Errc::malformed},
    {"CoordinateTooShort", "x", R"("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA")", Errc::bad_key},
    {"PointOffTheCurve", "x", R"("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")", Errc::bad_key},
    {"PrivateMember", "d", R"("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")", Errc::bad_key},
    {"ForEncryption", "use", R"("enc")", Errc::unsupported},
    {"KeyOpsWithoutVerify", "key_ops", R"(["deriveKey"])", Errc::unsupported},
    {"AlgorithmOfAnotherCurve", "alg", R"("ES384")", Errc::unsupported_algorithm},
    {"AlgorithmNone", "alg", R"("none")", Errc::unsupported_algorithm}};

INSTANTIATE_TEST_SUITE_P(Jose, ChangedJwk, testing::ValuesIn(kChanges),
                         [](const auto& tested) { return tested.param.name; });

TEST(Jwk, AcceptsWhatMatches) {
  json::Object jwk = object(kEc);
  jwk["use"] = "sig";
  jwk["alg"] = "ES256";
  jwk["key_ops"] = json::Array{"sign", "verify"};
  EXPECT_EQ(key_from_jwk(jwk).value(), key_from_jwk(object(kEc)).value());
}

TEST(Jwks, LeavesOutKeysForOthersAndRefusesBadOnes) {
  const std::string ec(kEc);
  const std::string encryption = R"({"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"})";
  const auto keys = [](const std::string& list) {
    return keys_from_jwks(json::parse("{\"keys\":[" + list + "]}").value());
  };
  EXPECT_EQ(keys(ec + "," + encryption + "," + std::string(kOkp)).value().size(), 2U);
  EXPECT_EQ(keys(encryption).error().code, Errc::missing_member);
  EXPECT_EQ(keys("").error().code, Errc::missing_member);
  EXPECT_EQ(keys(ec + R"(,{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"})").error().code, Errc::bad_key);
  EXPECT_EQ(keys("1").error().code, Errc::unexpected_type);
  EXPECT_EQ(keys_from_jwks(json::parse("{}").value()).error().code, Errc::missing_member);
  std::string many = ec;
  for (int i = 0; i < 64; ++i) many += "," + ec;
  EXPECT_EQ(keys(many).error().code, Errc::too_large);
}

}  // namespace
}  // namespace credence::jose
