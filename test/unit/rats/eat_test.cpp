#include "rats/eat/eat.h"

#include <gtest/gtest.h>

#include "hex.h"
#include "rats/eat/nonce.h"
#include "rats/eat/ueid.h"

namespace credence::rats {
namespace {

using test::hex;

TEST(EatNonce, HasEightToSixtyFourOctets) {
  EXPECT_EQ(check_eat_nonce(Bytes(7)).error().code, Errc::invalid_value);
  EXPECT_TRUE(check_eat_nonce(Bytes(8)));
  EXPECT_TRUE(check_eat_nonce(Bytes(64)));
  EXPECT_EQ(check_eat_nonce(Bytes(65)).error().code, Errc::invalid_value);
}

TEST(EatNonce, InJsonIsReadInThreeDialectsAndWrittenInOne) {
  const Bytes nonce = hex("fbefbefffefdfcfbfa");
  EXPECT_EQ(eat_nonce_to_json(Bytes(nonce.begin(), nonce.end() - 1)), "----__79_Ps=");
  EXPECT_EQ(eat_nonce_from_json("----__79_Ps=").value().size(), 8U);
  EXPECT_EQ(eat_nonce_from_json("----__79_Ps").value().size(), 8U);
  EXPECT_EQ(eat_nonce_from_json("++++//79/Ps=").value().size(), 8U);
  EXPECT_EQ(eat_nonce_from_json("++--//79/Ps=").error().code, Errc::malformed);
}

TEST(EatNonce, InJsonHasEightToEightyEightCharacters) {
  EXPECT_EQ(eat_nonce_from_json("AAAAAAA").error().code, Errc::invalid_value);
  EXPECT_EQ(eat_nonce_from_json("AAAAAAAA").error().path, "eat_nonce");  // six octets
  EXPECT_EQ(eat_nonce_from_json(std::string(92, 'A')).error().code, Errc::invalid_value);
  EXPECT_TRUE(eat_nonce_from_json(eat_nonce_to_json(Bytes(64))));
}

TEST(Ueid, HasTheSizesOfItsType) {
  const auto ueid = [](std::uint8_t type, std::size_t size) {
    Bytes octets(size, 0xab);
    octets[0] = type;
    return check_ueid(octets);
  };
  for (const std::size_t size : {17U, 25U, 33U}) EXPECT_EQ(ueid(1, size).value(), UeidType::random);
  for (const std::size_t size : {7U, 8U, 9U}) EXPECT_EQ(ueid(2, size).value(), UeidType::eui);
  EXPECT_EQ(ueid(3, 15).value(), UeidType::imei);
  for (const std::size_t size : {1U, 16U, 32U, 34U}) EXPECT_EQ(ueid(1, size).error().code, Errc::invalid_value);
  for (const std::size_t size : {6U, 10U}) EXPECT_EQ(ueid(2, size).error().code, Errc::invalid_value);
  for (const std::size_t size : {14U, 16U}) EXPECT_EQ(ueid(3, size).error().code, Errc::invalid_value);
  EXPECT_EQ(ueid(0, 17).error().code, Errc::invalid_value);
  EXPECT_EQ(ueid(4, 17).error().code, Errc::invalid_value);
  EXPECT_EQ(check_ueid({}).error().code, Errc::invalid_value);
}

// P-256 with x, y of RFC 8392 appendix A.2.3 (the same key as in many COSE examples).
constexpr std::string_view kCoseKey =
    "a4 01 02 20 01 21 5820 143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f"
    "22 5820 60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9";

TEST(EatClaims, AreReadAndOthersKept) {
  const std::string key(kCoseKey);
  const Bytes octets = hex("ab 01 61 76 03 61 72 04 1a68000000 06 1a67000000 08 a1 01" + key +
                           "0a 48 0102030405060708"
                           "190100 51 01000102030405060708090a0b0c0d0e0f 190102 19 7d4a"
                           "190109 61 70 19010a a1 61 73 a1 06 01 61 78 82 01 02");
  const EatClaims claims = decode_eat_claims(octets).value();
  EXPECT_EQ(claims.issuer, "v");
  EXPECT_EQ(claims.audience, "r");
  EXPECT_EQ(claims.expires, Timestamp(Seconds(0x68000000)));
  EXPECT_EQ(claims.issued_at, Timestamp(Seconds(0x67000000)));
  EXPECT_EQ(claims.confirmation_key->type(), crypto::KeyType::ec_p256);
  EXPECT_EQ(claims.nonces, std::vector<Bytes>{hex("0102030405060708")});
  EXPECT_EQ(claims.ueid, hex("01000102030405060708090a0b0c0d0e0f"));
  EXPECT_EQ(claims.oem_id, OemId(std::int64_t{32'074}));
  EXPECT_EQ(claims.profile, "p");
  EXPECT_EQ(claims.submodules, (std::vector<std::pair<std::string, Bytes>>{{"s", hex("a10601")}}));
  EXPECT_EQ(claims.others, (std::vector<std::pair<ClaimKey, Bytes>>{{"x", hex("820102")}}));
}

TEST(EatClaims, MayHaveSeveralNoncesAndAnOidAsProfile) {
  const EatClaims claims =
      decode_eat_claims(hex("a2 0a 82 48 0102030405060708 48 0807060504030201 190109 43 2a0304")).value();
  EXPECT_EQ(claims.nonces.size(), 2U);
  EXPECT_EQ(claims.profile, "oid:1.2.3.4");
}

struct Refusal {
  std::string_view what;
  std::string_view octets;
  Errc code;
  std::size_t offset;
  std::string_view path;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.what; }

class EatRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(EatRefusal, NamesCodeOffsetAndClaim) {
  const auto claims = decode_eat_claims(hex(GetParam().octets));
  ASSERT_FALSE(claims);
  EXPECT_EQ(claims.error().code, GetParam().code) << claims.error().text();
  EXPECT_EQ(claims.error().offset, GetParam().offset) << claims.error().text();
  EXPECT_EQ(claims.error().path, GetParam().path) << claims.error().text();
}

INSTANTIATE_TEST_SUITE_P(
    All, EatRefusal,
    testing::Values(
        Refusal{"no map", "80", Errc::unexpected_type, 0, ""},
        Refusal{"trailing octet", "a0 00", Errc::trailing_bytes, 1, ""},
        Refusal{"claim twice", "a2 01 61 61 01 61 61", Errc::duplicate_key, 4, ""},
        Refusal{"claim twice in two encodings", "a2 01 61 61 1801 61 61", Errc::duplicate_key, 4, ""},
        Refusal{"claim key that is octets", "a1 41 61 01", Errc::unexpected_type, 1, ""},
        Refusal{"nonce of 7 octets", "a1 0a 47 01020304050607", Errc::invalid_value, 2, "eat_nonce"},
        Refusal{"one nonce in an array", "a1 0a 81 48 0102030405060708", Errc::invalid_value, 2, "eat_nonce"},
        Refusal{"nonce that is text", "a1 0a 68 6162636465666768", Errc::unexpected_type, 2, "eat_nonce"},
        Refusal{"ueid of type 9", "a1 190100 51 09000102030405060708090a0b0c0d0e0f", Errc::invalid_value, 4, "ueid"},
        Refusal{"oemid of 4 octets", "a1 190102 44 01020304", Errc::invalid_value, 4, "oemid"},
        Refusal{"profile that is an unfinished OID", "a1 190109 42 2a86", Errc::malformed, 4, "eat_profile"},
        Refusal{"cnf without a method", "a1 08 a0", Errc::missing_member, 2, "cnf"},
        Refusal{"cnf by key id", "a1 08 a1 03 41 00", Errc::unsupported, 2, "cnf"},
        Refusal{"submods that is an array", "a1 19010a 80", Errc::unexpected_type, 4, "submods"}));

TEST(EatRefusal, OfTimesOutOfRange) {
  EXPECT_TRUE(decode_eat_claims(hex("a1 06 1b 0000003afff4417f")));
  EXPECT_EQ(decode_eat_claims(hex("a1 06 1b 0000003afff44180")).error().code, Errc::invalid_value);
  EXPECT_EQ(decode_eat_claims(hex("a1 06 1b 7fffffffffffffff")).error().path, "iat");
}

TEST(EatRefusal, OfASecondWayToConfirm) {
  const std::string key(kCoseKey);
  EXPECT_TRUE(decode_eat_claims(hex("a1 08 a1 01" + key)));
  EXPECT_EQ(decode_eat_claims(hex("a1 08 a2 01" + key + "03 41 00")).error().code, Errc::unsupported);
}

}  // namespace
}  // namespace credence::rats
