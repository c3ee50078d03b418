#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ostream>
#include <string>

#include "base/text.h"
#include "wire/tls/reader.h"
#include "wire/tls/writer.h"

namespace credence::tls {
namespace {

TEST(TlsReader, ReadsBigEndianIntegers) {
  const Bytes input = from_hex("010203040506070809101112131415161718").value();
  Reader reader(input);
  EXPECT_EQ(reader.u8().value(), 0x01);
  EXPECT_EQ(reader.u16().value(), 0x0203);
  EXPECT_EQ(reader.u24().value(), 0x040506U);
  EXPECT_EQ(reader.u32().value(), 0x07080910U);
  EXPECT_EQ(reader.u64().value(), 0x1112131415161718U);
  EXPECT_TRUE(reader.finish());
  EXPECT_EQ(reader.u8().error().code, Errc::truncated);
}

TEST(TlsReader, RefusesTrailingBytesAtTheirPlaceInTheWhole) {
  const Bytes input = from_hex("0102").value();
  Reader reader(input, 40);
  ASSERT_TRUE(reader.u8());
  const Error error = reader.finish().error();
  EXPECT_EQ(error.code, Errc::trailing_bytes);
  EXPECT_EQ(error.offset, 41U);
  ASSERT_TRUE(reader.u8());
  EXPECT_TRUE(reader.finish());
}

TEST(TlsReader, NestedReadersCountFromTheStartOfTheWhole) {
  const Bytes input = from_hex(
                          "ff0003"
                          "02aabb"
                          "ee")
                          .value();
  Reader reader(input, 100);
  ASSERT_TRUE(reader.u8());
  Reader inner = reader.nested({.minimum = 0, .maximum = 0xffff}).value();
  EXPECT_EQ(inner.offset(), 103U);
  EXPECT_EQ(to_hex(inner.vector({.minimum = 1, .maximum = 255}).value()), "aabb");
  EXPECT_TRUE(inner.finish());
  EXPECT_EQ(inner.u8().error().offset, 106U);
  EXPECT_EQ(reader.u8().value(), 0xee);
}

struct VectorCase {
  std::string_view name;
  Bounds bounds;
  std::string_view good;
  std::string_view bad;
  Errc code;
  std::size_t offset;
};

void PrintTo(const VectorCase& example, std::ostream* out) { *out << example.bad; }

class TlsVector : public testing::TestWithParam<VectorCase> {};
INSTANTIATE_TEST_SUITE_P(
    Rfc8446Section34, TlsVector,
    testing::Values(VectorCase{"below_minimum", {1, 255}, "01aa", "00", Errc::invalid_value, 0},
                    VectorCase{"above_maximum", {0, 2}, "02aabb", "03aabbcc", Errc::invalid_value, 0},
                    VectorCase{"content_cut", {0, 255}, "02aabb", "02aa", Errc::truncated, 1},
                    VectorCase{"length_cut", {0, 0xffff}, "0000", "00", Errc::truncated, 0},
                    VectorCase{"no_length", {0, 255}, "00", "", Errc::truncated, 0},
                    VectorCase{"three_octet_length", {1, 0xffffff}, "000001aa", "000002aa", Errc::truncated, 3},
                    VectorCase{"four_octet_length", {0, 0xffffffff}, "00000001aa", "ffffffffaa", Errc::truncated, 4}),
    [](const auto& example) { return std::string(example.param.name); });

TEST_P(TlsVector, KeepsItsBounds) {
  const VectorCase& example = GetParam();
  const Bytes good = from_hex(example.good).value();
  Reader accepted(good);
  EXPECT_TRUE(accepted.vector(example.bounds));
  EXPECT_TRUE(accepted.finish());
  const Bytes bad = from_hex(example.bad).value();
  Reader refused(bad);
  const Result<ByteView> content = refused.vector(example.bounds);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, example.code);
  EXPECT_EQ(content.error().offset, example.offset);
  EXPECT_EQ(refused.offset(), 0U);  // a failed getter does not move
}

TEST(TlsWriter, WritesWhatTheReaderReads) {
  Writer writer;
  writer.u8(0x01).u16(0x0203).u24(0x040506).u32(0x07080910).u64(0x1112131415161718).fixed(Bytes{0xff});
  EXPECT_EQ(to_hex(writer.view()), "010203040506070809101112131415161718ff");
  EXPECT_EQ(writer.take().size(), 19U);
}

TEST(TlsWriter, RefusesVectorsOutsideTheirBounds) {
  Writer writer;
  EXPECT_EQ(writer.vector(Bytes(1), {2, 3}).error().code, Errc::invalid_value);
  EXPECT_EQ(writer.vector(Bytes(4), {2, 3}).error().code, Errc::too_large);
  EXPECT_TRUE(writer.view().empty());
  EXPECT_TRUE(writer.vector(Bytes(2), {2, 3}));
  EXPECT_EQ(to_hex(writer.take()), "020000");
}

RC_GTEST_PROP(TlsVectorLaw, WhatIsWrittenIsReadBack, (const Bytes& octets)) {
  for (const std::size_t maximum : {0xffffUL, 0xffffffUL, 0xffffffffUL}) {
    Writer writer;
    RC_ASSERT(writer.vector(octets, {0, maximum}).has_value());
    const Bytes written = writer.take();
    RC_ASSERT(written.size() == octets.size() + length_width({0, maximum}));
    Reader reader(written);
    RC_ASSERT(to_bytes(reader.vector({0, maximum}).value()) == octets);
    RC_ASSERT(reader.at_end());
  }
}

}  // namespace
}  // namespace credence::tls
