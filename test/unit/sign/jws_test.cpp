#include "sign/jose/jws.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "sign/jose/jwk.h"

namespace credence::jose {
namespace {

using crypto::KeyType;
using crypto::PrivateKey;

crypto::PublicKey key(std::string_view jwk) { return key_from_jwk(json::parse(jwk).value().as_object()).value(); }

// RFC 7515 appendix A.3.
const std::string kEs256Header = "eyJhbGciOiJFUzI1NiJ9";
const std::string kEs256Payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const std::string kEs256Signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const std::string kEs256 = kEs256Header + "." + kEs256Payload + "." + kEs256Signature;
constexpr std::string_view kEs256Key = R"({"kty":"EC","crv":"P-256",
  "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

// RFC 8037 appendix A.4.
const std::string kEdDsa =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
constexpr std::string_view kEdDsaKey =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

TEST(Jws, ExamplesOfTheSpecifications) {
  const Jws es256 = decode_jws(kEs256).value();
  EXPECT_EQ(es256.algorithm, crypto::SignatureAlgorithm::es256);
  EXPECT_EQ(es256.signing_input, kEs256Header + "." + kEs256Payload);
  EXPECT_TRUE(verify(es256, key(kEs256Key)));
  const Jws eddsa = decode_jws(kEdDsa).value();
  EXPECT_EQ(as_text(eddsa.payload), "Example of Ed25519 signing");
  EXPECT_TRUE(verify(eddsa, key(kEdDsaKey)));
  EXPECT_EQ(verify(eddsa, key(kEs256Key)).error().code, Errc::unsupported_algorithm);
  EXPECT_EQ(verify(es256, key(kEdDsaKey)).error().code, Errc::unsupported_algorithm);
}

TEST(Jws, EveryKeySignsWhatItsPublicKeyVerifies) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa, KeyType::ed25519}) {
    const PrivateKey signer = PrivateKey::generate(type).value();
    const Jws jws = decode_jws(sign_jws(signer, as_bytes("{}"), "key 1").value()).value();
    EXPECT_EQ(jws.type, "JWT");
    EXPECT_EQ(jws.kid, "key 1");
    EXPECT_EQ(as_text(jws.payload), "{}");
    EXPECT_TRUE(verify(jws, signer.public_key())) << name(type);
    EXPECT_EQ(verify(jws, PrivateKey::generate(type).value().public_key()).error().code, Errc::bad_signature);
  }
  const PrivateKey signer = PrivateKey::generate(KeyType::ec_p256).value();
  EXPECT_EQ(decode_jws(sign_jws(signer, {}).value())->kid, std::nullopt);
}

// Whoever compares the octets of headers, as some do, sees the same ones from every version.
TEST(Jws, HasTheMembersOfItsHeaderInOneOrder) {
  const PrivateKey signer = PrivateKey::generate(KeyType::ec_p256).value();
  const auto header = [&](std::optional<std::string_view> kid) {
    const std::string token = sign_jws(signer, as_bytes("{}"), kid).value();
    return std::string(as_text(from_base64url(token.substr(0, token.find('.'))).value()));
  };
  EXPECT_EQ(header(std::nullopt), R"({"alg":"ES256","typ":"JWT"})");
  EXPECT_EQ(header("key 1"), R"({"alg":"ES256","typ":"JWT","kid":"key 1"})");
  EXPECT_EQ(header("a\"b\\c\n"), R"({"alg":"ES256","typ":"JWT","kid":"a\"b\\c\n"})");
  EXPECT_EQ(header(""), R"({"alg":"ES256","typ":"JWT","kid":""})");
}

TEST(Jws, AnyChangeBreaksTheSignature) {
  const auto changed = [](std::size_t at, std::string_view with) { return std::string(kEs256).replace(at, 1, with); };
  const std::size_t payload = kEs256Header.size() + 5;
  const std::size_t signature = kEs256Header.size() + kEs256Payload.size() + 10;
  for (const std::string& token : {changed(payload, "X"), changed(signature, "X")}) {
    EXPECT_EQ(verify(decode_jws(token).value(), key(kEs256Key)).error().code, Errc::bad_signature);
  }
}

struct Refused {
  std::string name;
  std::string token;
  Errc code;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }

class RefusedJws : public testing::TestWithParam<Refused> {};

TEST_P(RefusedJws, SaysWhy) {
  const auto jws = decode_jws(GetParam().token);
  ASSERT_FALSE(jws);
  EXPECT_EQ(jws.error().code, GetParam().code) << jws.error().text();
  EXPECT_FALSE(jws.error().why.empty());
}

std::string with_header(std::string_view header) {
  return to_base64url(as_bytes(header)) + "." + kEs256Payload + "." + kEs256Signature;
}

const Refused kRefused[] = {
    {"Empty", "", Errc::malformed},
    {"TwoParts", kEs256Header + "." + kEs256Payload, Errc::malformed},
    {"FourParts", kEs256 + ".", Errc::malformed},
    {"HeaderIsNoJson", with_header("alg"), Errc::malformed},
    {"HeaderIsNoObject", with_header("[]"), Errc::unexpected_type},
    {"HeaderHasADuplicate", with_header(R"({"alg":"ES256","alg":"ES384"})"), Errc::duplicate_key},
    {"WithoutAlgorithm", with_header(R"({"typ":"JWT"})"), Errc::missing_member},
    {"AlgorithmIsANumber", with_header(R"({"alg":-7})"), Errc::unexpected_type},
    {"AlgorithmNone", to_base64url(as_bytes(R"({"alg":"none"})")) + "." + kEs256Payload + ".",
     Errc::unsupported_algorithm},
    {"AlgorithmNoneInCapitals", with_header(R"({"alg":"NONE"})"), Errc::unsupported_algorithm},
    {"AlgorithmWithASharedKey", with_header(R"({"alg":"HS256"})"), Errc::unsupported_algorithm},
    {"Critical", with_header(R"({"alg":"ES256","crit":["exp"],"exp":1})"), Errc::unsupported},
    {"CriticalEmpty", with_header(R"({"alg":"ES256","crit":[]})"), Errc::unsupported},
    {"UnencodedPayload", with_header(R"({"alg":"ES256","b64":false})"), Errc::unsupported},
    {"KidIsANumber", with_header(R"({"alg":"ES256","kid":1})"), Errc::unexpected_type},
    {"SignatureWithPadding", kEs256 + "==", Errc::malformed},
    {"SignatureInTheOtherAlphabet", kEs256Header + "." + kEs256Payload + ".+/+/", Errc::malformed},
    {"PayloadWithTrailingBits", kEs256Header + ".eyJ9fR." + kEs256Signature, Errc::not_deterministic},
    {"WhiteSpace", kEs256 + "\n", Errc::malformed},
    {"TooLarge", kEs256Header + "." + std::string(1 << 20, 'A') + "." + kEs256Signature, Errc::too_large}};

INSTANTIATE_TEST_SUITE_P(Jose, RefusedJws, testing::ValuesIn(kRefused),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace credence::jose
