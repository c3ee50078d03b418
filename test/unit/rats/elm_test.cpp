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
  const auto& rims = std::get<RimQuery>(query->query).rims;
  ASSERT_EQ(rims.size(), 2U);
  EXPECT_EQ(rims[0].kind, RimId::Kind::corim);
  EXPECT_EQ(std::get<std::string>(rims[0].id), "a");
  EXPECT_EQ(std::get<Uuid>(rims[1].id).text(), "d7bd6c2c-4844-48e4-a794-eeafdff128df");
}

// The examples of Veraison's document.
TEST(ElmQuery, SelectsAComid) {
  const auto query = decode_elm_query(octets("a1038182006161"));
  ASSERT_TRUE(query) << query.error().text();
  EXPECT_EQ(std::get<RimQuery>(query->query).rims.at(0).kind, RimId::Kind::comid);
}

TEST(ElmQuery, SelectsKeysByInstance) {
  const auto query =
      decode_elm_query(octets("a3"
                              "006170"                      // profile "p"
                              "0101"                        // trust anchors
                              "02a10182"                    // two instances
                              "81d90226480102030405060708"  // UEIDs
                              "81d90226480102030405060709"));
  ASSERT_TRUE(query) << query.error().text();
  EXPECT_EQ(query->profile, "p");
  const auto& environments = std::get<EnvironmentQuery>(query->query);
  EXPECT_EQ(environments.artifact, ArtifactType::trust_anchors);
  const auto& instances = std::get<InstanceSelectors>(environments.environments).instances;
  ASSERT_EQ(instances.size(), 2U);
  EXPECT_EQ(instances[1].selected.value, octets("0102030405060709"));
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
                    Refused{"empty", "a0", Errc::invalid_value, "expected either profile (0)"},
                    Refused{"no_selector", "a10380", Errc::missing_member, "at least one"},
                    Refused{"trailing", "a1038182026161ff", Errc::trailing_bytes, ""},
                    Refused{"coswid", "a1038182016161", Errc::unsupported, "a CoSWID (1) is active as the CoRIM"},
                    Refused{"other_kind", "a1038182036161", Errc::invalid_value, "expected 0 to 2, got 3"},
                    Refused{"half_an_environment", "a20061700101", Errc::invalid_value, "expected either profile (0)"},
                    Refused{"unknown_member", "a104f6", Errc::unsupported, "no member of a query has the number 4"},
                    Refused{"both_forms", "a2006170038182026161", Errc::invalid_value, "or rim-selector (3)"}),
    [](const auto& example) { return example.param.name; });

TEST_P(ElmRefusal, IsSaid) {
  const auto query = decode_elm_query(octets(GetParam().hex));
  test::expect_refused(query, GetParam().code, GetParam().why);
}

TEST(ElmQuery, IsBounded) {
  Bytes many = octets("a103990401");
  for (int i = 0; i < 1025; ++i) append(many, octets("82026161"));
  test::expect_refused(decode_elm_query(many), Errc::too_large, "at most 1024 ids, got 1025");
}

}  // namespace
}  // namespace credence::rats
