#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "sign/cose/key.h"

namespace credence::cose {
namespace {

using crypto::KeyType;

Bytes hex(std::string_view text) { return from_hex(text).value(); }

// The key of RFC 6979 appendix A.2.5.
const std::string kX = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
const std::string kY = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
const std::string kMembers = "01022001215820" + kX + "225820" + kY;

TEST(CoseKey, EveryTypeGoesThereAndBack) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa, KeyType::ed25519}) {
    const crypto::PublicKey key = crypto::PrivateKey::generate(type).value().public_key();
    const auto decoded = decode_key(encode_key(key).value());
    ASSERT_TRUE(decoded) << decoded.error().text();
    EXPECT_EQ(*decoded, key);
  }
}

TEST(CoseKey, MembersInAnyOrderAndThoseItDoesNotKnow) {
  const auto key = decode_key(hex("a4" + kMembers)).value();
  EXPECT_EQ(to_hex(encode_key(key).value()), "a4" + kMembers);
  const std::string kty_last =
      "a6"
      "2001"
      "215820" +
      kX + "225820" + kY +
      "1863f5"
      "616100"
      "0102";
  EXPECT_EQ(decode_key(hex(kty_last)).value(), key);
  EXPECT_EQ(decode_key(hex("a6" + kMembers +
                           "0326"
                           "04820102"))
                .value(),
            key)
      << "alg ES256, key_ops sign and verify";
}

struct Refused {
  std::string name;
  std::string key;
  Errc code;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }

class RefusedCoseKey : public testing::TestWithParam<Refused> {};

TEST_P(RefusedCoseKey, SaysWhy) {
  const auto key = decode_key(hex(GetParam().key));
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, GetParam().code) << key.error().text();
  EXPECT_FALSE(key.error().why.empty());
}

const std::string kRsaModulus = "20590100" + std::string(512, 'f');

const Refused kRefused[] = {{"Empty", "", Errc::truncated},
                            {"NoMap", "80", Errc::unexpected_type},
                            {"TrailingOctets", "a4" + kMembers + "00", Errc::trailing_bytes},
                            {"DuplicateMember", "a5" + kMembers + "0102", Errc::duplicate_key},
                            {"WithoutKty", "a3" + kMembers.substr(4), Errc::missing_member},
                            {"KtyIsSymmetric", "a10104", Errc::unsupported},
                            {"KtyIsAName",
                             "a1016245"
                             "43",
                             Errc::unexpected_type},
                            {"PrivateMember", "a5" + kMembers + "235820" + kX, Errc::bad_key},
                            {"OkpPrivateMember",
                             "a4010120062158"
                             "20" +
                                 kX + "235820" + kX,
                             Errc::bad_key},
                            {"RsaPrivateMember",
                             "a40103" + kRsaModulus +
                                 "2143010001"
                                 "224101",
                             Errc::bad_key},
                            {"RsaLastPrivateMember",
                             "a40103" + kRsaModulus +
                                 "2143010001"
                                 "2b4101",
                             Errc::bad_key},
                            {"RsaExponent3", "a30103" + kRsaModulus + "214103", Errc::bad_key},
                            {"CompressedPoint", "a401022001215820" + kX + "22f5", Errc::unsupported},
                            {"UnknownCurve", "a401022008215820" + kX + "225820" + kY, Errc::unsupported},
                            {"OkpX25519",
                             "a3010120042158"
                             "20" +
                                 kX,
                             Errc::unsupported},
                            {"ShortCoordinate", "a40102200121581f" + kX.substr(2) + "225820" + kY, Errc::bad_key},
                            {"LongCoordinate", "a40102200121582100" + kX + "225820" + kY, Errc::bad_key},
                            {"PointOffTheCurve", "a401022001215820" + kY + "225820" + kX, Errc::bad_key},
                            {"AlgorithmOfAnotherCurve", "a5" + kMembers + "033822", Errc::unsupported_algorithm},
                            {"AlgorithmForKeyAgreement", "a5" + kMembers + "033818", Errc::unsupported_algorithm},
                            {"KeyOpsWithoutVerify", "a5" + kMembers + "048101", Errc::bad_key}};

INSTANTIATE_TEST_SUITE_P(Cose, RefusedCoseKey, testing::ValuesIn(kRefused),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace credence::cose
