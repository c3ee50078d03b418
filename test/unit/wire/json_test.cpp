#include "wire/json/json.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>

namespace credence::json {
namespace {

TEST(Json, GivesMembersByNameAndType) {
  const Value value = parse(R"({"text": "a", "number": -5, "object": {}, "array": [1], "null": null})").value();
  const Object& object = *as_object(value, "top").value();
  EXPECT_EQ(required_text(object, "text").value(), "a");
  EXPECT_EQ(required_integer(object, "number").value(), -5);
  EXPECT_TRUE(required_object(object, "object").value()->empty());
  EXPECT_EQ(required_array(object, "array").value()->size(), 1U);
  EXPECT_EQ(optional_text(object, "text").value(), "a");
  EXPECT_EQ(optional_integer(object, "number").value(), -5);
  EXPECT_NE(optional_object(object, "object").value(), nullptr);
}

TEST(Json, TellsAbsentFromWrong) {
  const Value value = parse(R"({"number": 5, "null": null})").value();
  const Object& object = value.as_object();
  EXPECT_EQ(optional_text(object, "absent").value(), std::nullopt);
  EXPECT_EQ(optional_integer(object, "absent").value(), std::nullopt);
  EXPECT_EQ(optional_object(object, "absent").value(), nullptr);
  EXPECT_EQ(required_text(object, "absent").error().text(), "missing_member in absent: expected a string, got nothing");
  EXPECT_EQ(required_text(object, "number").error().text(), "unexpected_type in number: expected a string, got int64");
  EXPECT_EQ(optional_text(object, "null").error().code, Errc::unexpected_type);
  EXPECT_EQ(optional_object(object, "number").error().code, Errc::unexpected_type);
  EXPECT_EQ(as_object(object.at("number"), "top").error().path, "top");
}

TEST(Json, AnIntegerHasNoFractionAndFits) {
  const Value value =
      parse(R"({"max": 9223372036854775807, "over": 9223372036854775808, "real": 1.0, "exp": 1e2})").value();
  const Object& object = value.as_object();
  EXPECT_EQ(required_integer(object, "max").value(), 9223372036854775807);
  EXPECT_EQ(required_integer(object, "over").error().code, Errc::invalid_value);
  EXPECT_EQ(required_integer(object, "real").error().code, Errc::unexpected_type);
  EXPECT_EQ(required_integer(object, "exp").error().code, Errc::unexpected_type);
}

TEST(Json, WritesMembersInTheirOrder) {
  const Value value = parse(R"( {"b": [1, 2.5, "x\n"], "a": {"c": null, "d": []}} )").value();
  EXPECT_EQ(to_text(value), R"({"b":[1,2.5E0,"x\n"],"a":{"c":null,"d":[]}})");
  EXPECT_EQ(
      to_pretty_text(value),
      "{\n  \"b\": [\n    1,\n    2.5E0,\n    \"x\\n\"\n  ],\n  \"a\": {\n    \"c\": null,\n    \"d\": []\n  }\n}");
  EXPECT_EQ(parse(to_pretty_text(value)).value(), value);
}

TEST(Json, AppendsAStringAsItWouldWriteIt) {
  for (const std::string_view text : {"", "plain /+-_.", "\"", "\\", "\n", "\x7f", "\xc3\xa9"}) {
    std::string appended = "x";
    append_string(appended, text);
    EXPECT_EQ(appended, "x" + to_text(Value(text))) << text;
  }
}

// A string of every length up to some blocks, with each octet that may need an escape at each place.
TEST(Json, EscapesAStringWhereverItNeedsIt) {
  for (const std::size_t length : {1U, 15U, 16U, 17U, 32U, 47U}) {
    for (std::size_t at = 0; at < length; ++at) {
      for (const char c : {'"', '\\', '\n', '\x01', '\x1f', '\x7f', 'z', ' ', '~'}) {
        std::string text(length, 'a');
        text[at] = c;
        std::string written;
        append_string(written, text);
        ASSERT_EQ(written, to_text(Value(text))) << length << " at " << at;
      }
    }
  }
}

TEST(Json, ADocumentMayOutgrowItsArena) {
  Arena memory;
  Object object = memory.object();
  for (int number = 0; number < 1'000; ++number)
    object["member " + std::to_string(number)].emplace_object()["n"] = number;
  const Value again = parse(to_text(std::move(object))).value();
  EXPECT_EQ(again.as_object().size(), 1'000U);
  EXPECT_EQ(again.as_object().at("member 999").as_object().at("n").as_int64(), 999);
}

TEST(Json, LongKeysAndStringsAreKeptWhole) {
  const std::string long_text(5000, 'k');
  const Value value = parse("{\"" + long_text + "\\u0041\": \"" + long_text + "\\n\"}").value();
  EXPECT_EQ(required_text(value.as_object(), long_text + "A").value(), long_text + "\n");
}

struct Refusal {
  std::string_view name;
  std::string_view good;
  std::string_view bad;
  Errc code;
  std::size_t offset;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.bad; }

class JsonRefused : public testing::TestWithParam<Refusal> {};
INSTANTIATE_TEST_SUITE_P(
    Rfc8259, JsonRefused,
    testing::Values(
        Refusal{"empty", "0", "", Errc::truncated, 0}, Refusal{"cut", "[1]", "[1", Errc::truncated, 2},
        Refusal{"cut_string", "\"ab\"", "\"ab", Errc::truncated, 3},
        Refusal{"trailing_value", "[1] ", "[1] 2", Errc::trailing_bytes, 4},
        Refusal{"comment", "[1]", "[/**/1]", Errc::malformed, 1},
        Refusal{"trailing_comma", "[1]", "[1,]", Errc::malformed, 3},
        Refusal{"single_quotes", "[\"a\"]", "['a']", Errc::malformed, 1},
        Refusal{"leading_zero", "[10]", "[01]", Errc::malformed, 2},
        Refusal{"not_a_number", "[0]", "[NaN]", Errc::malformed, 1},
        Refusal{"raw_control_character", "\"a\\n\"", "\"a\n\"", Errc::malformed, 2},
        Refusal{"not_utf8", "\"\xc3\xbc\"", "\"\xff\"", Errc::malformed, 1},
        Refusal{"lone_surrogate", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", Errc::malformed, 7},
        Refusal{"duplicate", R"({"a":1,"b":2})", R"({"a":1,"a":2})", Errc::duplicate_key, 9},
        Refusal{"duplicate_escaped", R"({"a":1,"\u0062":2})", R"({"a":1,"\u0061":2})", Errc::duplicate_key, 14},
        Refusal{"duplicate_nested", R"([{"a":{"a":1}},{"a":2}])", R"([{"b":{"a":1,"a":2}}])", Errc::duplicate_key, 15}),
    [](const auto& example) { return std::string(example.param.name); });

TEST_P(JsonRefused, WithItsCodeAndOffset) {
  const Refusal& refusal = GetParam();
  EXPECT_TRUE(parse(refusal.good));
  const Result<Value> refused = parse(refusal.bad);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, refusal.code) << refused.error().text();
  EXPECT_EQ(refused.error().offset, refusal.offset) << refused.error().text();
}

TEST(Json, KeepsItsLimits) {
  EXPECT_TRUE(parse("[[1]]", {.depth = 2}));
  EXPECT_EQ(parse("[[[1]]]", {.depth = 2}).error().code, Errc::too_deep);
  EXPECT_TRUE(parse("[1,2]", {.bytes = 5}));
  const Error error = parse("[1,22]", {.bytes = 5}).error();
  EXPECT_EQ(error.code, Errc::too_large);
  EXPECT_EQ(error.offset, 5U);
  EXPECT_EQ(parse(std::string(1'000'000, '[')).error().code, Errc::too_deep);
}

}  // namespace
}  // namespace credence::json
