#include "base/text.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(from_base64(standard).value(), octets);
  EXPECT_EQ(from_base64url(url).value(), octets);
  EXPECT_EQ(from_any_base64(standard).value(), octets);
  EXPECT_EQ(from_any_base64(url).value(), octets);
  EXPECT_EQ(from_any_base64(to_base64url_padded(octets)).value(), octets);
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
