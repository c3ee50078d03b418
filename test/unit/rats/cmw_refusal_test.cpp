#include <gtest/gtest.h>

#include "hex.h"
#include "rats/cmw/cmw.h"

namespace credence::rats {
namespace {

struct Refusal {
  std::string_view what;
  std::string_view octets;  // of CBOR
  Errc code;
  std::size_t offset;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.what; }

class CmwCborRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(CmwCborRefusal, NamesCodeAndOffset) {
  const auto cmw = decode_cmw(test::hex(GetParam().octets));
  ASSERT_FALSE(cmw);
  EXPECT_EQ(cmw.error().code, GetParam().code) << cmw.error().text();
  EXPECT_EQ(cmw.error().offset, GetParam().offset) << cmw.error().text();
}

INSTANTIATE_TEST_SUITE_P(
    All, CmwCborRefusal,
    testing::Values(
        Refusal{"nothing", "", Errc::truncated, 0}, Refusal{"trailing octet", "82 183c 40 00", Errc::trailing_bytes, 4},
        Refusal{"cut off", "82 183c 44 2347da", Errc::truncated, 3},
        Refusal{"neither record nor collection", "01", Errc::unexpected_type, 0},
        Refusal{"empty record", "80", Errc::missing_member, 0},
        Refusal{"record of one item", "81 183c", Errc::missing_member, 0},
        Refusal{"record of four items", "84 183c 40 01 01", Errc::malformed, 0},
        Refusal{"type that is a byte string", "82 41 61 40", Errc::unexpected_type, 1},
        Refusal{"type that is negative", "82 20 40", Errc::unexpected_type, 1},
        Refusal{"content format over 65535", "82 1a00010000 40", Errc::invalid_value, 1},
        Refusal{"type that is no media type", "82 61 61 40", Errc::invalid_value, 1},
        Refusal{"value that is text", "82 183c 61 61", Errc::unexpected_type, 3},
        Refusal{"ind of 0", "83 183c 40 00", Errc::invalid_value, 4},
        Refusal{"ind over 32 bits", "83 183c 40 1b0000000100000000", Errc::invalid_value, 4},
        Refusal{"ind that is negative", "83 183c 40 20", Errc::unexpected_type, 4},
        Refusal{"tag below the range", "da 63740100 40", Errc::invalid_value, 0},
        Refusal{"tag above the range", "da 63750001 40", Errc::invalid_value, 0},
        Refusal{"tag with 0 as its last octet", "da 63740200 40", Errc::invalid_value, 0},
        Refusal{"tag over text", "da 63740101 60", Errc::unexpected_type, 5},
        Refusal{"tag over a record", "da 63740101 82 183c 40", Errc::unexpected_type, 5},
        Refusal{"empty collection", "a0", Errc::missing_member, 0},
        Refusal{"collection of a type alone", "a1 68 5f5f636d77635f74 65 312e322e33", Errc::missing_member, 0},
        Refusal{"collection type that is relative", "a2 68 5f5f636d77635f74 61 61 01 82183c40", Errc::invalid_value, 1},
        Refusal{"collection type that is a number", "a2 68 5f5f636d77635f74 01 01 82183c40", Errc::unexpected_type, 10},
        Refusal{"label twice", "a2 01 82183c40 01 82183c40", Errc::duplicate_key, 6},
        Refusal{"label twice in two encodings", "a2 01 82183c40 1801 82183c40", Errc::duplicate_key, 6},
        Refusal{"label that is octets", "a1 41 61 82183c40", Errc::unexpected_type, 1},
        Refusal{"entry that is a number", "a1 01 02", Errc::unexpected_type, 2},
        Refusal{"empty collection inside", "a1 01 a0", Errc::missing_member, 2}));

struct JsonRefusal {
  std::string_view text;
  Errc code;
  std::string_view path;
};
void PrintTo(const JsonRefusal& refusal, std::ostream* out) { *out << refusal.text; }

class CmwJsonRefusal : public testing::TestWithParam<JsonRefusal> {};

TEST_P(CmwJsonRefusal, NamesCodeAndPath) {
  const auto cmw = decode_cmw(as_bytes(GetParam().text));
  ASSERT_FALSE(cmw);
  EXPECT_EQ(cmw.error().code, GetParam().code) << cmw.error().text();
  EXPECT_EQ(cmw.error().path, GetParam().path) << cmw.error().text();
}

INSTANTIATE_TEST_SUITE_P(
    All, CmwJsonRefusal,
    testing::Values(JsonRefusal{"[]", Errc::missing_member, ""}, JsonRefusal{R"(["x/y"])", Errc::missing_member, ""},
                    JsonRefusal{R"(["x/y","",1,1])", Errc::malformed, ""},
                    JsonRefusal{R"([60,""])", Errc::unexpected_type, "type"},
                    JsonRefusal{R"(["x",""])", Errc::invalid_value, ""},
                    JsonRefusal{R"(["x/y",{}])", Errc::unexpected_type, "value"},
                    JsonRefusal{R"(["x/y","I0faVQ=="])", Errc::malformed, "value"},
                    JsonRefusal{R"(["x/y","+/8"])", Errc::malformed, "value"},
                    JsonRefusal{R"(["x/y","I0faVR"])", Errc::not_deterministic, "value"},
                    JsonRefusal{R"(["x/y","",0])", Errc::invalid_value, ""},
                    JsonRefusal{R"(["x/y","",4294967296])", Errc::invalid_value, ""},
                    JsonRefusal{R"(["x/y","",-1])", Errc::unexpected_type, "ind"},
                    JsonRefusal{R"(["x/y","",1.0])", Errc::unexpected_type, "ind"},
                    JsonRefusal{R"(["x/y","","4"])", Errc::unexpected_type, "ind"},
                    JsonRefusal{"{}", Errc::missing_member, ""},
                    JsonRefusal{R"({"__cmwc_t":"1.2.3"})", Errc::missing_member, ""},
                    JsonRefusal{R"({"__cmwc_t":"x","a":["x/y",""]})", Errc::invalid_value, "__cmwc_t"},
                    JsonRefusal{R"({"__cmwc_t":1,"a":["x/y",""]})", Errc::unexpected_type, "__cmwc_t"},
                    JsonRefusal{R"({"a":{"b":"c"}})", Errc::unexpected_type, "a.b"}));

TEST(CmwJsonRefusal, DuplicateKeysAndWhatFollowsAreRefused) {
  EXPECT_TRUE(decode_cmw(as_bytes(R"({"a":["x/y",""],"b":["x/y",""]})")));
  EXPECT_EQ(decode_cmw(as_bytes(R"({"a":["x/y",""],"a":["x/y",""]})")).error().code, Errc::duplicate_key);
  EXPECT_FALSE(decode_cmw(as_bytes(R"(["x/y",""] [)")));
}

}  // namespace
}  // namespace credence::rats
