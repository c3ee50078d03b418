#include "wire/cbor/writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "base/text.h"

namespace credence::cbor {
namespace {

TEST(Writer, SortsMapsByTheOctetsOfTheirKeys) {
  Writer writer;
  writer.map(4).text("a").integer(1).integer(-1).integer(2).integer(100).integer(3).integer(10).integer(4);
  EXPECT_EQ(to_hex(writer.take()),
            "a4"
            "0a04"
            "186403"
            "2002"
            "616101");  // RFC 8949 section 4.2.1, its own example
}

TEST(Writer, SortsNestedMapsAndKeepsTagsWithTheirContent) {
  Writer writer;
  writer.map(2).integer(2).tag(1).map(2).integer(9).null().integer(8).boolean(true).tag(0).integer(5).array(0);
  EXPECT_EQ(to_hex(writer.take()),
            "a202c1a208f509f6"
            "c00580");
}

TEST(Writer, WritesIntegersToTheirLimits) {
  Writer writer;
  writer.integer(std::numeric_limits<std::int64_t>::min()).unsigned_integer(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(to_hex(writer.take()),
            "3b7fffffffffffffff"
            "1bffffffffffffffff");
}

TEST(Writer, TakesItemsThatAreEncodedAlready) {
  Writer writer;
  writer.array(2).raw_item(from_hex("9f01ff").value()).bytes(as_bytes("x"));
  EXPECT_EQ(to_hex(writer.take()), "829f01ff4178");
}

TEST(Writer, IsEmptyAfterTake) {
  Writer writer;
  writer.null();
  EXPECT_EQ(to_hex(writer.take()), "f6");
  EXPECT_TRUE(writer.take().empty());
}

TEST(Writer, RefusesACountThatDoesNotHold) {
  Writer writer;
  writer.array(2).null();
  EXPECT_THROW((void)writer.take(), std::logic_error);
  writer.null();  // complete now
  EXPECT_EQ(to_hex(writer.take()), "82f6f6");
}

TEST(Writer, RefusesAKeyWrittenTwice) {
  Writer writer;
  writer.map(3).integer(1).null().integer(2).null().integer(1).null();
  EXPECT_THROW((void)writer.take(), std::logic_error);
}

TEST(Writer, RefusesATagWithoutContent) {
  Writer writer;
  writer.tag(18);
  EXPECT_THROW((void)writer.take(), std::logic_error);
}

}  // namespace
}  // namespace credence::cbor
