#include "base/error.h"

#include <gtest/gtest.h>

#include "base/result.h"

namespace credence {
namespace {

TEST(Error, TextNamesCodePlaceAndReason) {
  const Error error{.code = Errc::truncated, .why = "expected 32 octets, got 4", .offset = 12, .path = "kat.sig"};
  EXPECT_EQ(error.text(), "truncated at offset 12 in kat.sig: expected 32 octets, got 4");
  EXPECT_EQ((Error{.code = Errc::busy, .why = ""}).text(), "busy");
}

TEST(Error, WithinPutsTheMemberBeforeThePath) {
  const auto inner = within("certInfo", Error{.code = Errc::malformed, .why = "x"});
  EXPECT_EQ(within("kat", inner.error()).error().path, "kat.certInfo");
}

TEST(Error, UndecidedIsNeverAStatementAboutThePeer) {
  EXPECT_TRUE(is_undecided(Errc::timeout));
  EXPECT_TRUE(is_undecided(Errc::unavailable));
  EXPECT_TRUE(is_undecided(Errc::clock_set_back));
  EXPECT_FALSE(is_undecided(Errc::bad_signature));
  EXPECT_FALSE(is_undecided(Errc::not_affirming));
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(Errc::invalid_value, "odd");
  return number / 2;
}
Result<int> quarter(int number) {
  TRY(const int once, half(number));
  TRY(const int twice, half(once));
  return twice;
}

TEST(Result, TryPassesTheFirstErrorOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().code, Errc::invalid_value);
}

}  // namespace
}  // namespace credence
