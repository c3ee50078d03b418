#include "base/secret.h"

#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(SecretBytes, MovesAndComparesButDoesNotCopy) {
  static_assert(!std::is_copy_constructible_v<SecretBytes>);
  SecretBytes first(as_bytes("password"));
  const SecretBytes same(as_bytes("password"));
  EXPECT_EQ(first, same);
  const SecretBytes moved = std::move(first);
  EXPECT_EQ(moved, same);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the promise
}

TEST(ConstantTimeEqual, ComparesLengthAndContent) {
  EXPECT_TRUE(constant_time_equal(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("ab")));
  EXPECT_TRUE(constant_time_equal({}, {}));
}

TEST(Cleanse, OverwritesEveryOctet) {
  Bytes octets(64, 0xa5);
  cleanse(octets);
  EXPECT_EQ(octets, Bytes(64, 0));
}

}  // namespace
}  // namespace credence
