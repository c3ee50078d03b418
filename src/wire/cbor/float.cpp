#include "wire/cbor/float.h"

#include <bit>

namespace credence::cbor {
namespace {

// Sign, exponent and fraction of one width.
struct Format {
  int exponent_bits;
  int fraction_bits;

  [[nodiscard]] constexpr int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  [[nodiscard]] constexpr std::uint64_t exponent_mask() const { return (std::uint64_t{1} << exponent_bits) - 1; }
  [[nodiscard]] constexpr std::uint64_t fraction_mask() const { return (std::uint64_t{1} << fraction_bits) - 1; }
};
constexpr Format kHalf{5, 10};
constexpr Format kSingle{8, 23};
constexpr Format kDouble{11, 52};

constexpr std::uint64_t assemble(std::uint64_t sign, std::uint64_t exponent, std::uint64_t fraction) {
  return sign << 63 | exponent << kDouble.fraction_bits | fraction;
}

std::uint64_t widen(std::uint64_t bits, Format from) noexcept {
  const std::uint64_t sign = bits >> (from.exponent_bits + from.fraction_bits);
  const std::uint64_t exponent = bits >> from.fraction_bits & from.exponent_mask();
  const std::uint64_t fraction = bits & from.fraction_mask();
  const int shift = kDouble.fraction_bits - from.fraction_bits;
  if (exponent == from.exponent_mask()) return assemble(sign, kDouble.exponent_mask(), fraction << shift);
  const auto rebias = static_cast<std::uint64_t>(kDouble.bias() - from.bias());
  if (exponent != 0) return assemble(sign, exponent + rebias, fraction << shift);
  if (fraction == 0) return assemble(sign, 0, 0);
  // Subnormal: the double has the exponents to write it as 1.f.
  const int leading = from.fraction_bits - (std::bit_width(fraction) - 1);
  const std::uint64_t normal = fraction << leading & from.fraction_mask();
  return assemble(sign, rebias + 1 - static_cast<std::uint64_t>(leading), normal << shift);
}

// A candidate of the narrower width; the caller widens it again to see whether it is the same number.
std::uint64_t narrow(std::uint64_t bits, Format to) noexcept {
  const std::uint64_t sign = bits >> 63 << (to.exponent_bits + to.fraction_bits);
  const std::uint64_t exponent = bits >> kDouble.fraction_bits & kDouble.exponent_mask();
  const std::uint64_t fraction = bits & kDouble.fraction_mask();
  const int shift = kDouble.fraction_bits - to.fraction_bits;
  if (exponent == kDouble.exponent_mask()) return sign | to.exponent_mask() << to.fraction_bits | fraction >> shift;
  const int rebiased = static_cast<int>(exponent) - kDouble.bias() + to.bias();
  if (rebiased >= static_cast<int>(to.exponent_mask())) return sign;  // too large: widens to zero
  if (rebiased > 0) return sign | static_cast<std::uint64_t>(rebiased) << to.fraction_bits | fraction >> shift;
  if (rebiased < -to.fraction_bits) return sign;
  return sign | (fraction | std::uint64_t{1} << kDouble.fraction_bits) >> (shift + 1 - rebiased);
}

}  // namespace

std::uint64_t half_to_double(std::uint16_t half) noexcept { return widen(half, kHalf); }
std::uint64_t single_to_double(std::uint32_t single) noexcept { return widen(single, kSingle); }

std::optional<std::uint32_t> double_to_single(std::uint64_t bits) noexcept {
  const std::uint64_t single = narrow(bits, kSingle);
  if (widen(single, kSingle) != bits) return std::nullopt;
  return static_cast<std::uint32_t>(single);
}

std::optional<std::uint16_t> double_to_half(std::uint64_t bits) noexcept {
  const std::uint64_t half = narrow(bits, kHalf);
  if (widen(half, kHalf) != bits) return std::nullopt;
  return static_cast<std::uint16_t>(half);
}

}  // namespace credence::cbor
