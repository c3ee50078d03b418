#include "wire/cbor/reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "wire/cbor/writer.h"

namespace credence::cbor {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

TEST(Reader, PullsItemsAndMovesOnlyOnSuccess) {
  const Bytes input =
      hex("01206161"
          "4102"
          "f5"
          "f6"
          "f93e00");
  Reader reader(input);
  EXPECT_EQ(reader.peek().value(), Type::unsigned_integer);
  const Error error = reader.text().error();
  EXPECT_EQ(error.text(), "unexpected_type at offset 0: expected a text string, got an unsigned integer");
  EXPECT_EQ(reader.offset(), 0U);
  EXPECT_EQ(reader.unsigned_integer().value(), 1U);
  EXPECT_EQ(reader.integer().value(), -1);
  EXPECT_EQ(reader.text().value(), "a");
  EXPECT_EQ(to_bytes(reader.bytes().value()), Bytes{2});
  EXPECT_TRUE(reader.boolean().value());
  EXPECT_TRUE(reader.null());
  EXPECT_EQ(reader.finish().error().code, Errc::trailing_bytes);
  EXPECT_EQ(reader.floating_point().value(), 1.5);
  EXPECT_TRUE(reader.finish());
}

TEST(Reader, GivesIntegersToTheirLimits) {
  EXPECT_EQ(Reader(hex("1b7fffffffffffffff")).integer().value(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(Reader(hex("3b7fffffffffffffff")).integer().value(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Reader(hex("1b8000000000000000")).integer().error().code, Errc::invalid_value);
  EXPECT_EQ(Reader(hex("3b8000000000000000")).integer().error().code, Errc::invalid_value);
  EXPECT_EQ(Reader(hex("1bffffffffffffffff")).unsigned_integer().value(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(Reader(hex("20")).unsigned_integer().error().code, Errc::unexpected_type);
  EXPECT_EQ(Reader(hex("3bffffffffffffffff")).negative_integer().value(), std::numeric_limits<std::uint64_t>::max());
}

TEST(Reader, ReadsAMapOfArraysInAnyForm) {
  for (const std::string_view text : {"a2018202036161f4", "bf019f0203ff6161f4ff",
                                      "b80218019802020361"
                                      "61f4"}) {
    const Bytes input = hex(text);
    Reader reader(input);
    Reader::Map map = reader.map().value();
    ASSERT_TRUE(map.next(reader).value());
    EXPECT_EQ(reader.integer().value(), 1);
    Reader::Array array = reader.array().value();
    ASSERT_TRUE(array.next(reader).value());
    EXPECT_EQ(reader.integer().value(), 2);
    ASSERT_TRUE(array.next(reader).value());
    EXPECT_EQ(reader.integer().value(), 3);
    ASSERT_FALSE(array.next(reader).value());
    ASSERT_TRUE(map.next(reader).value());
    EXPECT_EQ(reader.text().value(), "a");
    EXPECT_FALSE(reader.boolean().value());
    ASSERT_FALSE(map.next(reader).value());
    EXPECT_TRUE(reader.finish());
  }
}

TEST(Reader, FindsADuplicateKeyBeforeItsValueIsRead) {
  const Bytes input = hex("a201000102");
  Reader reader(input);
  Reader::Map map = reader.map().value();
  ASSERT_TRUE(map.next(reader).value());
  EXPECT_EQ(reader.integer().value(), 1);
  EXPECT_EQ(reader.integer().value(), 0);
  const Error error = map.next(reader).error();
  EXPECT_EQ(error.code, Errc::duplicate_key);
  EXPECT_EQ(error.offset, 3U);
}

TEST(Reader, RawItemKeepsTheExactOctets) {
  const Bytes input =
      hex("82"
          "a118019f02ff"
          "03");
  Reader reader(input);
  Reader::Array array = reader.array().value();
  ASSERT_EQ(array.size(), 2U);
  ASSERT_TRUE(array.next(reader).value());
  EXPECT_EQ(to_hex(reader.raw_item().value()), "a118019f02ff");
  ASSERT_TRUE(array.next(reader).value());
  EXPECT_EQ(reader.integer().value(), 3);
  ASSERT_FALSE(array.next(reader).value());
  EXPECT_TRUE(reader.finish());
}

TEST(Reader, RawItemThatFailsLeavesTheReaderWhereItWas) {
  const Bytes input = hex("8301021c");
  Reader reader(input);
  EXPECT_EQ(reader.raw_item().error().offset, 3U);
  EXPECT_EQ(reader.offset(), 0U);
  EXPECT_EQ(reader.array().value().size(), 3U);
}

TEST(Reader, ExpectsATagAndItsContent) {
  const Bytes input = hex("d28101");
  Reader reader(input);
  const Error error = reader.expect_tag(17).error();
  EXPECT_EQ(error.code, Errc::unexpected_type);
  EXPECT_EQ(error.why, "expected tag 17, got 18");
  ASSERT_TRUE(reader.expect_tag(18));
  EXPECT_EQ(reader.array().value().size(), 1U);
  const Bytes lone = hex("d2");
  Reader cut(lone);
  ASSERT_TRUE(cut.expect_tag(18));
  EXPECT_EQ(cut.finish().error().code, Errc::truncated);
}

TEST(Reader, SiblingsDoNotAddUpToDepth) {
  Writer writer;
  writer.array(100);
  for (int i = 0; i < 100; ++i) writer.tag(1).array(1).tag(2).map(0);
  const Bytes input = writer.take();
  EXPECT_TRUE(check_well_formed(input, {.depth = 5}));
  EXPECT_EQ(check_well_formed(input, {.depth = 4}).error().code, Errc::too_deep);
}

TEST(Reader, AMillionLevelsAreRefusedWhateverTheLimitSays) {
  const Bytes input(1'000'000, 0x81);
  const Error error = check_well_formed(input, {.depth = 2'000'000, .items = 2'000'000}).error();
  EXPECT_EQ(error.code, Errc::too_deep);
  EXPECT_EQ(error.offset, kDeepest);
}

// Keys that are maps with keys that are maps: reading each key again at each level would take 2^16 times as long.
TEST(Reader, NestedKeysCostNoMoreThanTheirOctets) {
  Bytes input(16, 0xa1);
  input.insert(input.end(), {0x59, 0x40, 0x00});
  input.insert(input.end(), 0x4000, 'x');
  input.insert(input.end(), 16, 0x00);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(check_well_formed(input));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

// Comparing each key with each other one would take billions of comparisons.
TEST(Reader, SixtyThousandKeysInTheWorstOrderAreQuick) {
  constexpr std::uint32_t kKeys = 60'000;
  Bytes input = hex("b90000");
  input[1] = static_cast<std::uint8_t>(kKeys >> 8);
  input[2] = static_cast<std::uint8_t>(kKeys & 0xff);
  for (std::uint32_t key = kKeys; key > 0; --key) {
    const auto high = static_cast<std::uint8_t>(key >> 8);
    const auto low = static_cast<std::uint8_t>(key);
    input.insert(input.end(), {0x19, high, low, 0x00});
  }
  const Limits limits{.items = 3 * kKeys};
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(check_well_formed(input, limits));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  input[input.size() - 2] = 2;  // the last key again, at the other end of the map
  EXPECT_EQ(check_well_formed(input, limits).error().code, Errc::duplicate_key);
}

}  // namespace
}  // namespace credence::cbor
