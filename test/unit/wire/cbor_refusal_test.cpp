// What the CBOR reader refuses, each beside the nearest thing that it accepts.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "base/text.h"
#include "wire/cbor/reader.h"

namespace credence::cbor {
namespace {

struct Refusal {
  std::string_view name;
  std::string_view good;
  std::string_view bad;
  Errc code;
  std::size_t offset;
  Limits limits{};
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.bad; }

constexpr Limits kDeterministic{.form = Form::deterministic};

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, WithItsCodeAndOffset) {
  const Refusal& refusal = GetParam();
  const Result<void> accepted = check_well_formed(from_hex(refusal.good).value(), refusal.limits);
  EXPECT_TRUE(accepted) << accepted.error().text();
  const Result<void> refused = check_well_formed(from_hex(refusal.bad).value(), refusal.limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, refusal.code) << refused.error().text();
  EXPECT_EQ(refused.error().offset, refusal.offset) << refused.error().text();
}

constexpr auto refusal_name = [](const testing::TestParamInfo<Refusal>& info) { return std::string(info.param.name); };

INSTANTIATE_TEST_SUITE_P(NotWellFormed, Refused,
                         testing::Values(Refusal{"empty_input", "00", "", Errc::truncated, 0},
                                         Refusal{"head_cut", "820018ff", "820018", Errc::truncated, 2},
                                         Refusal{"long_head_cut", "1b0000000000000001", "1b00000000000000",
                                                 Errc::truncated, 0},
                                         Refusal{"byte_string_cut", "8200420102", "82004201", Errc::truncated, 2},
                                         Refusal{"length_near_2_64", "40", "5bffffffffffffffff", Errc::truncated, 0},
                                         Refusal{"array_cut", "820102", "8201", Errc::truncated, 0},
                                         Refusal{"array_of_2_64_items", "80", "9bffffffffffffffff", Errc::truncated, 0},
                                         Refusal{"map_of_2_63_entries", "a0", "bb8000000000000000", Errc::truncated, 0},
                                         Refusal{"map_without_last_value", "a10102", "a101", Errc::truncated, 0},
                                         Refusal{"nested_array_cut", "828100818101", "8281008181", Errc::truncated, 4},
                                         Refusal{"indefinite_array_open", "9f01ff", "9f01", Errc::truncated, 2},
                                         Refusal{"tag_without_content", "c000", "c0", Errc::truncated, 1},
                                         Refusal{"trailing_byte", "01", "0100", Errc::trailing_bytes, 1},
                                         Refusal{"reserved_28", "00", "1c", Errc::malformed, 0},
                                         Refusal{"reserved_29", "8100", "815d", Errc::malformed, 1},
                                         Refusal{"reserved_30_float", "f97c00", "fe", Errc::malformed, 0},
                                         Refusal{"indefinite_integer", "00", "1f", Errc::malformed, 0},
                                         Refusal{"indefinite_tag", "c000", "df00ff", Errc::malformed, 0},
                                         Refusal{"lone_break", "00", "ff", Errc::malformed, 0},
                                         Refusal{"break_in_definite_array", "9f00ff", "8200ff", Errc::malformed, 2},
                                         Refusal{"break_for_a_value", "bf0000ff", "bf00ff", Errc::malformed, 2},
                                         Refusal{"break_for_tag_content", "9fc000ff", "9fc0ff", Errc::malformed, 2},
                                         Refusal{"simple_below_32_in_two", "f820", "f81f", Errc::malformed, 0},
                                         Refusal{"false_in_two_octets", "f4", "f814", Errc::malformed, 0}),
                         refusal_name);

INSTANTIATE_TEST_SUITE_P(Strings, Refused,
                         testing::Values(Refusal{"text_not_utf8", "6161", "61ff", Errc::malformed, 0},
                                         Refusal{"text_overlong_slash", "612f", "62c0af", Errc::malformed, 0},
                                         Refusal{"text_surrogate", "63ed9fbf", "63eda080", Errc::malformed, 0},
                                         Refusal{"text_cut_character", "8162c3bc", "8161c3", Errc::malformed, 1},
                                         Refusal{"key_not_utf8", "a1616100", "a161ff00", Errc::malformed, 1},
                                         Refusal{"byte_string_in_chunks", "4101", "5f4101ff", Errc::unsupported, 0},
                                         Refusal{"text_in_chunks", "816161", "817f6161ff", Errc::unsupported, 1},
                                         Refusal{"key_in_chunks", "a1616100", "a17f6161ff00", Errc::unsupported, 1}),
                         refusal_name);

INSTANTIATE_TEST_SUITE_P(
    DuplicateKeys, Refused,
    testing::Values(
        Refusal{"integer", "a201010201", "a201010102", Errc::duplicate_key, 3},
        Refusal{"text", "a2616101616202", "a2616101616102", Errc::duplicate_key, 4},
        Refusal{"byte_string", "a24101014102f6", "a24101014101f6", Errc::duplicate_key, 4},
        Refusal{"two_encodings_of_an_integer", "a20101180201", "a20101180101", Errc::duplicate_key, 3},
        Refusal{"two_encodings_of_a_negative", "a22000380101", "a22000380001", Errc::duplicate_key, 3},
        Refusal{"two_encodings_of_a_length", "a2616100580161f6", "a2616100780161f6", Errc::duplicate_key, 4},
        Refusal{"two_widths_of_a_float", "a2f93c0000fb400000000000000000", "a2f93c0000fb3ff000000000000000",
                Errc::duplicate_key, 5},
        Refusal{"null", "a2f600f700", "a2f600f600", Errc::duplicate_key, 3},
        Refusal{"array", "a2810100810200", "a2810100810100", Errc::duplicate_key, 4},
        Refusal{"tag", "a2c00100c10100", "a2c00100c00100", Errc::duplicate_key, 4},
        Refusal{"in_an_indefinite_map", "bf01000200ff", "bf01000100ff", Errc::duplicate_key, 3},
        Refusal{"in_a_nested_map", "8100", "81a201000100", Errc::duplicate_key, 4},
        Refusal{"in_a_tagged_map", "c1a0", "c1a201000100", Errc::duplicate_key, 4},
        Refusal{"near_zero", "a2183f00184000", "a2183f00183f00", Errc::duplicate_key, 4},
        Refusal{"not_near_zero", "a2184000184100", "a2184000184000", Errc::duplicate_key, 4},
        Refusal{"a_negative_near_zero", "a2383f00183f00", "a2383f00383f00", Errc::duplicate_key, 4},
        Refusal{"a_negative_not_near_zero", "a2384000184000", "a2384000384000", Errc::duplicate_key, 4},
        Refusal{"the_last_but_one_of_many_not_near_zero",
                "aa184000184100184200184300184400184500184600184700184800184900",
                "aa184000184100184200184300184400184500184600184700184800184800", Errc::duplicate_key, 28},
        Refusal{"the_first_of_many_not_near_zero", "aa184000184100184200184300184400184500184600184700184800184900",
                "aa184000184100184200184300184400184500184600184700184800184000", Errc::duplicate_key, 28},
        Refusal{"in_a_map_that_is_a_key", "a1a20100020000", "a1a20100010000", Errc::duplicate_key, 4},
        Refusal{"ninth_and_tenth", "aa00000100020003000400050006000700080009f6",
                "aa00000100020003000400050006000700080008f6", Errc::duplicate_key, 19},
        Refusal{"first_and_tenth", "aa00000100020003000400050006000700080009f6",
                "aa00000100020003000400050006000700080000f6", Errc::duplicate_key, 19},
        Refusal{"deterministic", "a201000200", "a201000100", Errc::duplicate_key, 3, kDeterministic}),
    refusal_name);

INSTANTIATE_TEST_SUITE_P(
    NotDeterministic, Refused,
    testing::Values(
        Refusal{"integer_in_two", "1818", "1817", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"integer_in_three", "190100", "1900ff", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"integer_in_five", "1a00010000", "1a0000ffff", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"integer_in_nine", "1b0000000100000000", "1b00000000ffffffff", Errc::not_deterministic, 0,
                kDeterministic},
        Refusal{"length", "8141ff", "815801ff", Errc::not_deterministic, 1, kDeterministic},
        Refusal{"count", "8100", "980100", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"tag", "c100", "d80100", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"indefinite_array", "8100", "9f00ff", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"indefinite_map", "a10000", "bf0000ff", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"string_in_chunks", "4101", "5f4101ff", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"unsorted_integers", "a201000200", "a202000100", Errc::not_deterministic, 3, kDeterministic},
        Refusal{"negative_before_positive", "a201002000", "a220000100", Errc::not_deterministic, 3, kDeterministic},
        Refusal{"long_key_before_short", "a261620062616100", "a262616100616200", Errc::not_deterministic, 5,
                kDeterministic},
        Refusal{"single_for_half", "f93c00", "fa3f800000", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"double_for_single", "fa47c35000", "fb40f86a0000000000", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"double_for_half_nan", "f97e00", "fb7ff8000000000000", Errc::not_deterministic, 0, kDeterministic},
        Refusal{"loose_array_as_key", "a1810100", "a181180100", Errc::not_deterministic, 2}),
    refusal_name);

INSTANTIATE_TEST_SUITE_P(
    Limits, Refused,
    testing::Values(Refusal{"arrays_too_deep", "818100", "81818100", Errc::too_deep, 2, {.depth = 2}},
                    Refusal{"maps_too_deep", "a100a10000", "a100a100a10000", Errc::too_deep, 4, {.depth = 2}},
                    Refusal{"tags_too_deep", "c1c200", "c1c2c300", Errc::too_deep, 2, {.depth = 2}},
                    Refusal{"keys_too_deep", "a181f600", "a18181f600", Errc::too_deep, 2, {.depth = 2}},
                    Refusal{"tag_before_array", "82c100c100", "82c10081c100", Errc::too_deep, 4, {.depth = 2}},
                    Refusal{"too_many_items", "820000", "83000000", Errc::too_large, 3, {.items = 3}},
                    Refusal{"too_many_items_in_a_map", "a10000", "a200000100", Errc::too_large, 3, {.items = 3}},
                    Refusal{"too_many_octets", "420000", "43000000", Errc::too_large, 3, {.bytes = 3}}),
    refusal_name);

}  // namespace
}  // namespace credence::cbor
