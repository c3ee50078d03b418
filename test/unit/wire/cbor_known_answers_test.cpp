// RFC 8949 appendix A: what each encoding means, in diagnostic notation, and that writing it again gives the same.
#include <gtest/gtest.h>

#include <ostream>
#include <regex>
#include <string>
#include <string_view>

#include "base/text.h"
#include "support/cbor_transcode.h"
#include "wire/cbor/diagnostic.h"

namespace credence::cbor {
namespace {

struct KnownAnswer {
  std::string_view hex;
  std::string_view diagnostic;
};

void PrintTo(const KnownAnswer& answer, std::ostream* out) { *out << answer.hex << " is " << answer.diagnostic; }

std::string test_name(const testing::TestParamInfo<KnownAnswer>& info) {
  return std::to_string(info.index) + "_" + std::string(info.param.hex.substr(0, 24));
}

// Diagnostic notation without its line breaks.
std::string one_line(const std::string& text) {
  const std::string separated = std::regex_replace(text, std::regex("([,_])\n *"), "$1 ");
  return std::regex_replace(separated, std::regex("\n *"), "");
}

class Deterministic : public testing::TestWithParam<KnownAnswer> {};
INSTANTIATE_TEST_SUITE_P(
    Rfc8949AppendixA, Deterministic,
    testing::Values(
        KnownAnswer{"00", "0"}, KnownAnswer{"01", "1"}, KnownAnswer{"0a", "10"}, KnownAnswer{"17", "23"},
        KnownAnswer{"1818", "24"}, KnownAnswer{"1819", "25"}, KnownAnswer{"1864", "100"}, KnownAnswer{"1903e8", "1000"},
        KnownAnswer{"1a000f4240", "1000000"}, KnownAnswer{"1b000000e8d4a51000", "1000000000000"},
        KnownAnswer{"1bffffffffffffffff", "18446744073709551615"},
        KnownAnswer{"c249010000000000000000", "2(h'010000000000000000')"},
        KnownAnswer{"3bffffffffffffffff", "-18446744073709551616"},
        KnownAnswer{"c349010000000000000000", "3(h'010000000000000000')"}, KnownAnswer{"20", "-1"},
        KnownAnswer{"29", "-10"}, KnownAnswer{"3863", "-100"}, KnownAnswer{"3903e7", "-1000"},
        KnownAnswer{"f90000", "0.0"}, KnownAnswer{"f98000", "-0.0"}, KnownAnswer{"f93c00", "1.0"},
        KnownAnswer{"fb3ff199999999999a", "1.1"}, KnownAnswer{"f93e00", "1.5"}, KnownAnswer{"f97bff", "65504.0"},
        KnownAnswer{"fa47c35000", "1.0e+05"}, KnownAnswer{"fa7f7fffff", "3.4028234663852886e+38"},
        KnownAnswer{"fb7e37e43c8800759c", "1.0e+300"}, KnownAnswer{"f90001", "5.960464477539063e-08"},
        KnownAnswer{"f90400", "6.103515625e-05"}, KnownAnswer{"f9c400", "-4.0"},
        KnownAnswer{"fbc010666666666666", "-4.1"}, KnownAnswer{"f97c00", "Infinity"}, KnownAnswer{"f97e00", "NaN"},
        KnownAnswer{"f9fc00", "-Infinity"}, KnownAnswer{"f4", "false"}, KnownAnswer{"f5", "true"},
        KnownAnswer{"f6", "null"}, KnownAnswer{"f7", "undefined"}, KnownAnswer{"f0", "simple(16)"},
        KnownAnswer{"f8ff", "simple(255)"},
        KnownAnswer{"c074323031332d30332d32315432303a30343a30305a", R"(0("2013-03-21T20:04:00Z"))"},
        KnownAnswer{"c11a514b67b0", "1(1363896240)"}, KnownAnswer{"c1fb41d452d9ec200000", "1(1363896240.5)"},
        KnownAnswer{"d74401020304", "23(h'01020304')"}, KnownAnswer{"d818456449455446", "24(h'6449455446')"},
        KnownAnswer{"d82076687474703a2f2f7777772e6578616d706c652e636f6d", R"(32("http://www.example.com"))"},
        KnownAnswer{"40", "h''"}, KnownAnswer{"4401020304", "h'01020304'"}, KnownAnswer{"60", R"("")"},
        KnownAnswer{"6161", R"("a")"}, KnownAnswer{"6449455446", R"("IETF")"}, KnownAnswer{"62225c", R"("\"\\")"},
        KnownAnswer{"62c3bc", "\"\u00fc\""}, KnownAnswer{"63e6b0b4", "\"\u6c34\""},
        KnownAnswer{"64f0908591", "\"\U00010151\""}, KnownAnswer{"80", "[]"}, KnownAnswer{"83010203", "[1, 2, 3]"},
        KnownAnswer{"8301820203820405", "[1, [2, 3], [4, 5]]"},
        KnownAnswer{"98190102030405060708090a0b0c0d0e0f101112131415161718181819",
                    "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]"},
        KnownAnswer{"a0", "{}"}, KnownAnswer{"a201020304", "{1: 2, 3: 4}"},
        KnownAnswer{"a26161016162820203", R"({"a": 1, "b": [2, 3]})"},
        KnownAnswer{"826161a161626163", R"(["a", {"b": "c"}])"},
        KnownAnswer{"a56161614161626142616361436164614461656145",
                    R"({"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"})"}),
    test_name);

TEST_P(Deterministic, IsReadShownAndWrittenAgain) {
  const Bytes encoded = from_hex(GetParam().hex).value();
  const Limits deterministic{.form = Form::deterministic};
  EXPECT_EQ(to_diagnostic(encoded, deterministic).transform(one_line).value(), GetParam().diagnostic);
  EXPECT_EQ(test::transcode(encoded, deterministic).value(), encoded);
}

// The encodings of appendix A that are not deterministic.
class Loose : public testing::TestWithParam<KnownAnswer> {};
INSTANTIATE_TEST_SUITE_P(Rfc8949AppendixA, Loose,
                         testing::Values(KnownAnswer{"fa7f800000", "Infinity"}, KnownAnswer{"fa7fc00000", "NaN"},
                                         KnownAnswer{"faff800000", "-Infinity"},
                                         KnownAnswer{"fb7ff0000000000000", "Infinity"},
                                         KnownAnswer{"fb7ff8000000000000", "NaN"},
                                         KnownAnswer{"fbfff0000000000000", "-Infinity"}, KnownAnswer{"9fff", "[_]"},
                                         KnownAnswer{"9f018202039f0405ffff", "[_ 1, [2, 3], [_ 4, 5]]"},
                                         KnownAnswer{"9f01820203820405ff", "[_ 1, [2, 3], [4, 5]]"},
                                         KnownAnswer{"83018202039f0405ff", "[1, [2, 3], [_ 4, 5]]"},
                                         KnownAnswer{"83019f0203ff820405", "[1, [_ 2, 3], [4, 5]]"},
                                         KnownAnswer{"bf61610161629f0203ffff", R"({_ "a": 1, "b": [_ 2, 3]})"},
                                         KnownAnswer{"826161bf61626163ff", R"(["a", {_ "b": "c"}])"},
                                         KnownAnswer{"bf6346756ef563416d7421ff", R"({_ "Fun": true, "Amt": -2})"}),
                         test_name);

TEST_P(Loose, IsReadAndShownButRefusedWhereOneFormIsDemanded) {
  const Bytes encoded = from_hex(GetParam().hex).value();
  EXPECT_EQ(to_diagnostic(encoded).transform(one_line).value(), GetParam().diagnostic);
  EXPECT_EQ(to_diagnostic(encoded, {.form = Form::deterministic}).error().code, Errc::not_deterministic);
}

TEST(Diagnostic, PutsEachItemOnALineOfItsOwn) {
  EXPECT_EQ(to_diagnostic(from_hex("a20182026161034103").value()).value(),
            "{\n  1: [\n    2,\n    \"a\"\n  ],\n  3: h'03'\n}");
}

TEST(Diagnostic, EscapesWhatWouldSteerATerminal) {
  EXPECT_EQ(to_diagnostic(from_hex("631b0a7f").value()).value(), R"("\u001b\u000a\u007f")");
}

TEST(Diagnostic, RefusesTrailingBytes) {
  EXPECT_EQ(to_diagnostic(from_hex("01").value()).value(), "1");
  const Error error = to_diagnostic(from_hex("0100").value()).error();
  EXPECT_EQ(error.code, Errc::trailing_bytes);
  EXPECT_EQ(error.offset, 1U);
}

}  // namespace
}  // namespace credence::cbor
