#include "rats/cmw/cmw.h"

#include <gtest/gtest.h>

#include "hex.h"

namespace credence::rats {
namespace {

using test::hex;

const Bytes kValue = hex("2347da55");

CmwRecord record_of(ByteView input) { return decode_cmw_record(input).value(); }

TEST(CmwRecord, WithContentFormatIsReadAndWritten) {
  const Bytes octets = hex("82 19fde7 44 2347da55");
  const CmwRecord record = record_of(octets);
  EXPECT_EQ(record.type, CmwType(std::uint16_t{64'999}));
  EXPECT_EQ(record.value, kValue);
  EXPECT_EQ(record.indicator, std::nullopt);
  EXPECT_EQ(encode_cmw_cbor(record), octets);
}

TEST(CmwRecord, WithMediaTypeAndIndicatorIsReadAndWritten) {
  const Bytes octets = hex("83 74 6170706c69636174696f6e2f72696d2b636f7365 4a d28440a044d901f5a040 03");
  const CmwRecord record = record_of(octets);
  EXPECT_EQ(record.type, CmwType("application/rim+cose"));
  EXPECT_EQ(record.value, hex("d28440a044d901f5a040"));
  EXPECT_EQ(record.indicator, kCmwReferenceValues | kCmwEndorsements);
  EXPECT_EQ(encode_cmw_cbor(Cmw{record}), octets);
}

TEST(CmwRecord, OfIndefiniteLengthIsRead) { EXPECT_EQ(record_of(hex("9f 19fde7 44 2347da55 ff")).value, kValue); }

TEST(CmwRecord, InJsonIsReadAndWritten) {
  const std::string_view text = R"(["application/vnd.example.rats-conceptual-msg","I0faVQ",4])";
  const CmwRecord record = record_of(as_bytes(text));
  EXPECT_EQ(record.type, CmwType("application/vnd.example.rats-conceptual-msg"));
  EXPECT_EQ(record.value, kValue);
  EXPECT_EQ(record.indicator, kCmwEvidence);
  EXPECT_EQ(encode_cmw_json(Cmw{record}).value(), text);
}

struct TagAnswer {
  std::uint16_t content_format;
  std::string_view octets;
};
void PrintTo(const TagAnswer& answer, std::ostream* out) { *out << answer.content_format; }

class CmwTag : public testing::TestWithParam<TagAnswer> {};

TEST_P(CmwTag, IsReadAndWritten) {
  const Bytes octets = hex(GetParam().octets);
  EXPECT_EQ(encode_cmw_tag(GetParam().content_format, kValue).value(), octets);
  const CmwRecord record = record_of(octets);
  EXPECT_EQ(record.type, CmwType(GetParam().content_format));
  EXPECT_EQ(record.value, kValue);
}

INSTANTIATE_TEST_SUITE_P(
    KnownAnswers, CmwTag,
    testing::Values(TagAnswer{0, "da 63740101 44 2347da55"}, TagAnswer{60, "da 6374013d 44 2347da55"},
                    TagAnswer{254, "da 637401ff 44 2347da55"}, TagAnswer{255, "da 63740201 44 2347da55"},
                    TagAnswer{263, "da 63740209 44 2347da55"}, TagAnswer{10'003, "da 6374283b 44 2347da55"},
                    TagAnswer{64'999, "da 6374ffe6 44 2347da55"}, TagAnswer{65'024, "da 6374ffff 44 2347da55"}));

TEST(CmwTag, ExistsForContentFormatsUpTo65024) {
  EXPECT_EQ(encode_cmw_tag(65'025, kValue).error().code, Errc::invalid_value);
}

TEST(CmwTag, GivesBackEveryContentFormat) {
  for (std::uint32_t content_format = 0; content_format <= 65'024; ++content_format) {
    const auto octets = encode_cmw_tag(static_cast<std::uint16_t>(content_format), {}).value();
    ASSERT_EQ(record_of(octets).type, CmwType(static_cast<std::uint16_t>(content_format)));
  }
}

// {"__cmwc_t": "tag:a,2024:b", 0: [64999, h'2347da55', 4], 1: 1668612070(h'2347da55'), "x": {"y": [60, h'']}}
constexpr std::string_view kCollection =
    "a4 00 83 19fde7 44 2347da55 04  01 82 19fde7 44 2347da55  61 78 a1 61 79 82 183c 40"
    "68 5f5f636d77635f74 6c 7461673a612c323032343a62";

TEST(CmwCollection, IsReadAndWritten) {
  const Cmw cmw = decode_cmw(hex(kCollection)).value();
  const auto& collection = std::get<CmwCollection>(cmw.content);
  EXPECT_EQ(collection.collection_type, "tag:a,2024:b");
  ASSERT_EQ(collection.entries.size(), 3U);
  EXPECT_EQ(collection.entries[0].label, CmwLabel(std::int64_t{0}));
  EXPECT_EQ(collection.entries[2].label, CmwLabel("x"));
  EXPECT_EQ(std::get<CmwRecord>(collection.entries[0].cmw.content).indicator, kCmwEvidence);
  const auto& inner = std::get<CmwCollection>(collection.entries[2].cmw.content);
  EXPECT_EQ(std::get<CmwRecord>(inner.entries[0].cmw.content).type, CmwType(std::uint16_t{60}));
  EXPECT_EQ(encode_cmw_cbor(cmw), hex(kCollection));
}

TEST(CmwCollection, HoldsTags) {
  const Cmw cmw = decode_cmw(hex("a1 01 da 6374ffe6 44 2347da55")).value();
  EXPECT_EQ(std::get<CmwRecord>(std::get<CmwCollection>(cmw.content).entries[0].cmw.content).value, kValue);
}

TEST(CmwCollection, InJsonIsReadAndWritten) {
  const std::string_view text =
      R"({"__cmwc_t":"1.2.3","a":["application/eat-ucs+json","e30K",4],"b":{"c":["x/y",""]}})";
  const Cmw cmw = decode_cmw(as_bytes(text)).value();
  EXPECT_EQ(std::get<CmwCollection>(cmw.content).collection_type, "1.2.3");
  EXPECT_EQ(encode_cmw_json(cmw).value(), text);
}

TEST(CmwCollection, IsNoRecord) { EXPECT_EQ(decode_cmw_record(hex(kCollection)).error().code, Errc::unexpected_type); }

TEST(CmwJson, HasNoContentFormatsAndNoIntegerLabels) {
  EXPECT_EQ(encode_cmw_json(Cmw{CmwRecord{std::uint16_t{60}, {}, std::nullopt}}).error().path, "type");
  CmwCollection collection;
  collection.entries.emplace_back(std::int64_t{7}, Cmw{CmwRecord{"x/y", {}, std::nullopt}});
  EXPECT_EQ(encode_cmw_json(Cmw{collection}).error().path, "7");
}

TEST(CmwDepth, OfFourCollectionsIsTheLimit) {
  EXPECT_TRUE(decode_cmw(hex("a101 a101 a101 a101 82 183c 40")));
  const Error deep = decode_cmw(hex("a101 a101 a101 a101 a101 82 183c 40")).error();
  EXPECT_EQ(deep.code, Errc::too_deep);
  EXPECT_EQ(deep.offset, 8U);
  EXPECT_EQ(deep.path, "1.1.1.1");
  EXPECT_TRUE(decode_cmw(as_bytes(R"({"a":{"a":{"a":{"a":["x/y",""]}}}})")));
  EXPECT_EQ(decode_cmw(as_bytes(R"({"a":{"a":{"a":{"a":{"a":["x/y",""]}}}}})")).error().code, Errc::too_deep);
}

TEST(CmwLimits, BoundOctetsAndEntries) {
  EXPECT_TRUE(decode_cmw(hex("82 183c 40"), {.bytes = 4}));
  EXPECT_EQ(decode_cmw(hex("82 183c 40"), {.bytes = 3}).error().code, Errc::too_large);
  EXPECT_TRUE(decode_cmw(hex("a2 01 82183c40 02 82183c40"), {.entries = 2}));
  EXPECT_EQ(decode_cmw(hex("a2 01 82183c40 02 82183c40"), {.entries = 1}).error().code, Errc::too_large);
}

TEST(CmwMediaTypes, CompareTypesWithoutCaseAndParametersExactly) {
  EXPECT_TRUE(same_media_type("Application/EAT+cwt", "application/eat+CWT"));
  EXPECT_TRUE(same_media_type("a/b; p=X", "A/b; p=X"));
  EXPECT_FALSE(same_media_type("a/b; p=X", "a/b; p=x"));
  EXPECT_FALSE(same_media_type("a/b; p=X", "a/b;p=X"));
  EXPECT_FALSE(same_media_type("a/b", "a/b; p=X"));
  EXPECT_FALSE(same_media_type("a/b", "a/c"));
}

}  // namespace
}  // namespace credence::rats
