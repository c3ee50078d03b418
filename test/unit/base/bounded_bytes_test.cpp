#include "base/bounded_bytes.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace credence {
namespace {

using Few = BoundedBytes<4>;

TEST(BoundedBytes, AreTheOctetsTheyWereMadeOf) {
  for (const Bytes& octets : {Bytes{}, Bytes{1}, Bytes{0, 1, 0xff}, Bytes{1, 2, 3, 4}}) {
    const Few few{ByteView(octets)};
    EXPECT_EQ(few, octets);
    EXPECT_EQ(few, Few(few));
    EXPECT_EQ(to_bytes(few), octets);
    EXPECT_EQ(few.size(), octets.size());
    EXPECT_EQ(few.empty(), octets.empty());
  }
}

TEST(BoundedBytes, CompareOnlyWhatTheyHold) {
  const Few two(Bytes{1, 2});
  EXPECT_NE(two, Bytes({1, 2, 0}));
  EXPECT_NE(two, Bytes{1});
  EXPECT_NE(two, Few(Bytes{1, 3}));
  EXPECT_NE(two, Few(Bytes{1, 2, 0}));
}

TEST(BoundedBytes, GrowUpToTheirBound) {
  Few few(Bytes{1, 2});
  few.append(Bytes{});
  few.append(Bytes{3, 4});
  EXPECT_EQ(few, Bytes({1, 2, 3, 4}));
  EXPECT_THROW(few.append(Bytes{5}), std::length_error);
  EXPECT_EQ(few, Bytes({1, 2, 3, 4}));
  EXPECT_THROW(static_cast<void>(Few(Bytes(5))), std::length_error);
}

}  // namespace
}  // namespace credence
