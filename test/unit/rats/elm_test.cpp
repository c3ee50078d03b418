#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "base/text.h"
#include "rats/elm/query.h"
#include "support/refusal.h"

namespace credence::rats {
namespace {

Bytes octets(std::string_view hex) { return from_hex(hex).value(); }

TEST(ElmQuery, SelectsCorimsByTextAndUuid) {
  const auto query =
      decode_elm_query(octets("a10382"
                              "820261"
                              "61"
                              "820250d7bd6c2c484448e4a794eeafdff128df"));
  ASSERT_TRUE(query) << query.error().text();
  ASSERT_EQ(query->corims.size(), 2U);
  EXPECT_EQ(std::get<std::string>(query->corims[0]), "a");
  EXPECT_EQ(std::get<Uuid>(query->corims[1]).text(), "d7bd6c2c-4844-48e4-a794-eeafdff128df");
}

struct Refused {
  std::string name;
  std::string hex;
  Errc code{};
  std::string why;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }

class ElmRefusal : public testing::TestWithParam<Refused> {};
INSTANTIATE_TEST_SUITE_P(
    All, ElmRefusal,
    testing::Values(Refused{"nothing", "", Errc::truncated, ""}, Refused{"no_map", "80", Errc::unexpected_type, ""},
                    Refused{"empty", "a0", Errc::missing_member, "expected the ids of CoRIMs"},
                    Refused{"no_selector", "a10380", Errc::missing_member, "at least one"},
                    Refused{"trailing", "a1038182026161ff", Errc::trailing_bytes, ""},
                    Refused{"comid", "a1038182006161", Errc::unsupported, "a CoMID alone"},
                    Refused{"other_type", "a1038182016161", Errc::unsupported, "selector of type 1"},
                    Refused{"environment", "a20061700101", Errc::unsupported, "query by environment"},
                    Refused{"both_forms", "a2006170038182026161", Errc::unsupported, "query by environment"}),
    [](const auto& example) { return example.param.name; });

TEST_P(ElmRefusal, IsSaid) {
  const auto query = decode_elm_query(octets(GetParam().hex));
  test::expect_refused(query, GetParam().code, GetParam().why);
}

TEST(ElmQuery, IsBounded) {
  Bytes many = octets("a103990401");
  for (int i = 0; i < 1025; ++i) append(many, octets("82026161"));
  test::expect_refused(decode_elm_query(many), Errc::too_large, "at most 1024 selectors, got 1025");
}

}  // namespace
}  // namespace credence::rats
