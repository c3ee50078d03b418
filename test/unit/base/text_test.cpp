#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

namespace credence {
namespace {

TEST(Hex, GoesBothWays) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0xff, 0x1a}), "00ff1a");
  EXPECT_EQ(from_hex("00FF1a").value(), (Bytes{0x00, 0xff, 0x1a}));
  EXPECT_EQ(from_hex("0").error().code, Errc::malformed);
  EXPECT_EQ(from_hex("0g").error().offset, 1U);
}

struct Base64Case {
  std::string_view plain;
  std::string_view standard;
  std::string_view url;
};

void PrintTo(const Base64Case& example, std::ostream* out) { *out << example.standard; }

// RFC 4648 section 10, and one that tells the alphabets apart.
class Base64 : public testing::TestWithParam<Base64Case> {};
INSTANTIATE_TEST_SUITE_P(Rfc4648, Base64,
                         testing::Values(Base64Case{"", "", ""}, Base64Case{"f", "Zg==", "Zg"},
                                         Base64Case{"fo", "Zm8=", "Zm8"}, Base64Case{"foo", "Zm9v", "Zm9v"},
                                         Base64Case{"foob", "Zm9vYg==", "Zm9vYg"},
                                         Base64Case{"fooba", "Zm9vYmE=", "Zm9vYmE"},
                                         Base64Case{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                                         Base64Case{"\xfb\xff\xfe", "+//+", "-__-"}));

TEST_P(Base64, EncodesAndDecodesEveryDialect) {
  const auto& [plain, standard, url] = GetParam();
  const Bytes octets = to_bytes(as_bytes(plain));
  EXPECT_EQ(to_base64(octets), standard);
  EXPECT_EQ(to_base64url(octets), url);
  std::string text = "before ";
  append_base64(text, octets);
  EXPECT_EQ(text, "before " + std::string(standard));
  append_base64url(text, octets);
  EXPECT_EQ(text, "before " + std::string(standard) + std::string(url));
  text = "before ";
  append_base64url_padded(text, octets);
  EXPECT_EQ(text, "before " + to_base64url_padded(octets));
  EXPECT_EQ(from_base64(standard).value(), octets);
  EXPECT_EQ(from_base64url(url).value(), octets);
  EXPECT_EQ(from_any_base64(standard).value(), octets);
  EXPECT_EQ(from_any_base64(url).value(), octets);
  EXPECT_EQ(from_any_base64(to_base64url_padded(octets)).value(), octets);
}

// All pairs of six bits, in the first and in the second half of a group.
TEST(Base64, WritesEveryCharacterInEveryPlace) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes octets;
  std::string expected;
  for (unsigned first = 0; first < 4'096; ++first) {
    const unsigned second = 4'095 - first;
    for (const unsigned octet : {first >> 4, (first << 4 | second >> 8) & 0xff, second & 0xff})
      octets.push_back(static_cast<std::uint8_t>(octet));
    for (const unsigned bits : {first >> 6, first & 63, second >> 6, second & 63}) expected += kAlphabet[bits];
  }
  EXPECT_EQ(to_base64(octets), expected);
  std::ranges::replace(expected, '+', '-');
  std::ranges::replace(expected, '/', '_');
  EXPECT_EQ(to_base64url(octets), expected);
  EXPECT_EQ(from_base64url(expected).value(), octets);
}

TEST(Base64, RefusesASecondSpellingOfTheSameOctets) {
  EXPECT_EQ(from_base64url("Zg").value(), Bytes{'f'});
  EXPECT_EQ(from_base64url("Zh").error().code, Errc::not_deterministic);  // the last four bits are not zero
  EXPECT_EQ(from_base64("Zg").error().code, Errc::malformed);             // padding is missing
  EXPECT_EQ(from_base64url("Zg==").error().code, Errc::malformed);        // padding is too much
  EXPECT_EQ(from_base64("Zm 8").error().offset, 2U);
  EXPECT_EQ(from_any_base64("+_aa").error().code, Errc::malformed);  // two alphabets in one text
}

}  // namespace
}  // namespace credence
