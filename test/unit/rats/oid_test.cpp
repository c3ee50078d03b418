#include "rats/oid.h"

#include <gtest/gtest.h>

#include "hex.h"

namespace credence::rats {
namespace {

using test::hex;

struct KnownAnswer {
  std::string_view text;
  std::string_view content;
};
void PrintTo(const KnownAnswer& answer, std::ostream* out) { *out << answer.text; }

class Oid : public testing::TestWithParam<KnownAnswer> {};

TEST_P(Oid, IsReadAndWritten) {
  EXPECT_EQ(oid_to_text(hex(GetParam().content)).value(), GetParam().text);
  EXPECT_EQ(to_hex(oid_from_text(GetParam().text).value()), GetParam().content);
}

INSTANTIATE_TEST_SUITE_P(KnownAnswers, Oid,
                         testing::Values(KnownAnswer{"0.0", "00"}, KnownAnswer{"1.2.3.4", "2a0304"},
                                         KnownAnswer{"1.3.6.1.4.1.3704.3.1", "2b060104019c780301"},
                                         KnownAnswer{"2.16.840.1.113741", "6086480186f84d"},
                                         KnownAnswer{"2.999", "8837"},
                                         KnownAnswer{"1.0.18446744073709551615", "2881ffffffffffffffff7f"}));

TEST(OidRefusal, OfContentSaysWhere) {
  struct Case {
    std::string_view content;
    std::size_t offset;
  };
  for (const auto& [content, offset] :
       {Case{"", 0}, Case{"2a86", 2}, Case{"2a8001", 1}, Case{"2883ffffffffffffffff7f", 10}}) {
    const auto text = oid_to_text(hex(content));
    ASSERT_FALSE(text) << content;
    EXPECT_EQ(text.error().code, Errc::malformed) << content;
    EXPECT_EQ(text.error().offset, offset) << content;
  }
}

TEST(OidRefusal, OfText) {
  for (const std::string_view text : {"", "1", "1.", ".1", "1.2.", "1.2.x", "1.02", "3.1", "1.40", "0.40", "1 .2",
                                      "1.18446744073709551616", "2.18446744073709551615"}) {
    const auto content = oid_from_text(text);
    ASSERT_FALSE(content) << text;
    EXPECT_EQ(content.error().code, Errc::malformed) << text;
  }
}

}  // namespace
}  // namespace credence::rats
