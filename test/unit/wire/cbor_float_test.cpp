#include "wire/cbor/float.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

namespace credence::cbor {
namespace {

// RFC 8949 appendix D.
double appendix_d(std::uint16_t half) {
  const int exponent = half >> 10 & 0x1f;
  const int fraction = half & 0x3ff;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

TEST(Half, EveryFiniteOneIsTheNumberOfAppendixD) {
  for (std::uint32_t half = 0; half <= 0xffff; ++half) {
    if ((half & 0x7c00) == 0x7c00) continue;  // infinities and NaNs
    const auto bits = half_to_double(static_cast<std::uint16_t>(half));
    ASSERT_EQ(bits, std::bit_cast<std::uint64_t>(appendix_d(static_cast<std::uint16_t>(half)))) << half;
  }
}

TEST(Half, EveryOneGoesThereAndBack) {
  for (std::uint32_t half = 0; half <= 0xffff; ++half) {
    ASSERT_EQ(double_to_half(half_to_double(static_cast<std::uint16_t>(half))), half);
  }
}

TEST(Single, AgreesWithTheProcessorOnNumbers) {
  std::mt19937 random(8949);
  for (int i = 0; i < 100'000; ++i) {
    const auto single = static_cast<std::uint32_t>(random());
    const auto number = std::bit_cast<float>(single);
    if (!std::isnan(number)) {
      ASSERT_EQ(std::bit_cast<double>(single_to_double(single)), double{number}) << single;
    }
    ASSERT_EQ(double_to_single(single_to_double(single)), single);
  }
}

TEST(Narrowing, NeverLosesABit) {
  EXPECT_EQ(double_to_half(std::bit_cast<std::uint64_t>(65504.0)), 0x7bff);
  for (const double number : {65536.0, 1.1, 2049.0, std::ldexp(1, -25), 1e300, 5e-324}) {
    EXPECT_EQ(double_to_half(std::bit_cast<std::uint64_t>(number)), std::nullopt) << number;
  }
  EXPECT_NE(double_to_single(std::bit_cast<std::uint64_t>(100000.0)), std::nullopt);
  for (const double number : {1.1, 16777217.0, 1e39, 1e-50}) {
    EXPECT_EQ(double_to_single(std::bit_cast<std::uint64_t>(number)), std::nullopt) << number;
  }
}

TEST(Narrowing, KeepsThePayloadOfANaN) {
  EXPECT_EQ(double_to_half(0x7ff8000000000000), 0x7e00);
  EXPECT_EQ(double_to_half(0x7ff8000000000001), std::nullopt);
  EXPECT_EQ(double_to_single(0x7ff8000020000000), 0x7fc00001U);
  EXPECT_EQ(double_to_single(0x7ff0000000000001), std::nullopt);  // its cut payload would make it infinite
}

}  // namespace
}  // namespace credence::cbor
