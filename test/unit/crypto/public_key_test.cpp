#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "crypto/key.h"
#include "unit/crypto/known_answers.h"
#include "unit/crypto/refused_keys.h"

namespace credence::crypto {
namespace {

using namespace test;

Bytes hex(std::string_view text) { return from_hex(text).value(); }

const std::string kP256Prefix = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";

PublicKey p256() { return PublicKey::from_ec_point(KeyType::ec_p256, hex(kEs256X), hex(kEs256Y)).value(); }

TEST(PublicKey, EveryTypeGoesThroughSpkiAndPem) {
  const std::pair<std::string, KeyType> keys[] = {
      {kP256Prefix + std::string(kEs256X) + std::string(kEs256Y), KeyType::ec_p256},
      {std::string(kEs384Spki), KeyType::ec_p384},
      {std::string(kEs512Spki), KeyType::ec_p521},
      {std::string(kRsaSpki), KeyType::rsa},
      {std::string(kEdDsaSpki), KeyType::ed25519}};
  for (const auto& [spki, type] : keys) {
    const auto key = PublicKey::from_spki(hex(spki));
    ASSERT_TRUE(key) << name(type) << ": " << key.error().text();
    EXPECT_EQ(key->type(), type);
    EXPECT_TRUE(PublicKey::check_spki(hex(spki))) << name(type);
    EXPECT_EQ(to_hex(key->spki()), spki);
    EXPECT_EQ(PublicKey::from_pem(key->pem()).value(), *key);
  }
}

TEST(PublicKey, PartsMakeTheSameKey) {
  const EcPoint point = p256().ec_point().value();
  EXPECT_EQ(to_hex(point.x), kEs256X);
  EXPECT_EQ(to_hex(point.y), kEs256Y);
  const PublicKey rsa = PublicKey::from_spki(hex(kRsaSpki)).value();
  const RsaPublic parts = rsa.rsa().value();
  EXPECT_EQ(PublicKey::from_rsa(parts.modulus, parts.exponent).value(), rsa);
  const PublicKey edwards = PublicKey::from_spki(hex(kEdDsaSpki)).value();
  EXPECT_EQ(PublicKey::from_ed25519(edwards.ed25519().value()).value(), edwards);
  EXPECT_EQ(rsa.ec_point().error().code, Errc::unexpected_type);
  EXPECT_EQ(rsa.ed25519().error().code, Errc::unexpected_type);
  EXPECT_EQ(p256().rsa().error().code, Errc::unexpected_type);
}

TEST(PublicKey, CoordinatesMayLackLeadingZeros) {
  // (0, sqrt(b)) is a point of P-256: its x is all zeros, as short as a TPM can make it.
  const Bytes y = hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
  const auto shortened = PublicKey::from_ec_point(KeyType::ec_p256, {}, y);
  ASSERT_TRUE(shortened) << shortened.error().text();
  EXPECT_EQ(shortened->ec_point()->x, Bytes(32));
  EXPECT_EQ(*shortened, PublicKey::from_ec_point(KeyType::ec_p256, Bytes(32), y).value());
  const auto long_one = PublicKey::from_ec_point(KeyType::ec_p256, Bytes(33, 1), y);
  EXPECT_EQ(long_one.error().code, Errc::bad_key);
}

struct Refused {
  std::string name;
  std::string spki;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }

class RefusedSpki : public testing::TestWithParam<Refused> {};

TEST_P(RefusedSpki, IsABadKey) {
  const auto key = PublicKey::from_spki(hex(GetParam().spki));
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, Errc::bad_key) << key.error().text();
  EXPECT_FALSE(key.error().why.empty());
  const auto checked = PublicKey::check_spki(hex(GetParam().spki));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Errc::bad_key) << checked.error().text();
}

std::string with(std::string_view spki, std::size_t at, std::string_view octets) {
  return std::string(spki).replace(2 * at, octets.size(), octets);
}

std::vector<Refused> refused_spkis() {
  const std::string x(kEs256X);
  const std::string good = kP256Prefix + x + std::string(kEs256Y);
  const std::string compressed = "3039301306072a8648ce3d020106082a8648ce3d03010703220003" + x;
  const std::string rsa(kRsaSpki);
  return {{"Empty", ""},
          {"PointOffTheCurve", with(good, good.size() / 2 - 1, "9a")},
          {"CoordinateAboveTheField", kP256Prefix + std::string(64, 'f') + std::string(kEs256Y)},
          {"PointAtInfinity",
           "301930130607"
           "2a8648ce3d020106082a8648ce3d030107030200"
           "00"},
          {"CompressedPoint", compressed},
          {"HybridPoint", with(good, 26, "07")},
          {"ExplicitCurveParameters", std::string(kExplicitParametersSpki)},
          {"TrailingOctets", good + "00"},
          {"CutOff", good.substr(0, good.size() - 2)},
          {"UnusedBits", with(good, 25, "01")},
          {"LongFormOfALength", "308159" + good.substr(4)},
          {"RsaTrailingOctets", rsa + "00"},
          {"RsaWithoutNull", "3082011e300b" + rsa.substr(12, 22) + "0382010d" + rsa.substr(2 * 19 + 8)},
          {"RsaPss", std::string(kRsaPssSpki)},
          {"Rsa1024", std::string(kRsa1024Spki)},
          {"RsaExponent3", std::string(kRsaExponent3Spki)},
          {"RsaExponentEven", rsa.substr(0, rsa.size() - 2) + "00"},
          {"X25519", "302a300506032b656e032100" + x}};
}

INSTANTIATE_TEST_SUITE_P(PublicKey, RefusedSpki, testing::ValuesIn(refused_spkis()),
                         [](const auto& tested) { return tested.param.name; });

TEST(PublicKey, RsaOutsideTheBounds) {
  const RsaPublic good = PublicKey::from_spki(hex(kRsaSpki)).value().rsa().value();
  Bytes even = good.modulus;
  even.back() &= 0xfe;
  const std::pair<Bytes, Bytes> refused[] = {{even, good.exponent},
                                             {good.modulus, {1}},
                                             {good.modulus, {0x01, 0x00, 0x00}},
                                             {good.modulus, Bytes(9, 0xff)},
                                             {good.modulus, {}},
                                             {{}, good.exponent},
                                             {Bytes(255, 0xff), good.exponent},
                                             {Bytes(1025, 0xff), good.exponent}};
  for (const auto& [modulus, exponent] : refused) {
    const auto key = PublicKey::from_rsa(modulus, exponent);
    ASSERT_FALSE(key) << to_hex(exponent);
    EXPECT_EQ(key.error().code, Errc::bad_key);
  }
  EXPECT_TRUE(PublicKey::from_rsa(good.modulus, good.exponent));
}

TEST(PublicKey, PemRefusals) {
  const std::string good = p256().pem();
  EXPECT_EQ(PublicKey::from_pem("").error().code, Errc::malformed);
  EXPECT_EQ(PublicKey::from_pem(good + good).error().code, Errc::trailing_bytes);
  std::string other_label = good;
  for (std::size_t at = 0; (at = other_label.find("PUBLIC KEY")) != std::string::npos;) {
    other_label.replace(at, 10, "PRIVATE KEY");
  }
  const auto refused = PublicKey::from_pem(other_label);
  EXPECT_EQ(refused.error().code, Errc::malformed);
  EXPECT_NE(refused.error().why.find("BEGIN PUBLIC KEY"), std::string::npos) << refused.error().why;
}

}  // namespace
}  // namespace credence::crypto
