// Binary floating point numbers in their three widths (IEEE 754), converted by their bits: the payload of a NaN
// survives, as RFC 8949 section 4.1 wants, which a conversion by the processor does not promise.
#pragma once

#include <cstdint>
#include <optional>

namespace credence::cbor {

[[nodiscard]] std::uint64_t half_to_double(std::uint16_t half) noexcept;
[[nodiscard]] std::uint64_t single_to_double(std::uint32_t single) noexcept;
// Empty when the narrower form cannot hold exactly the same number.
[[nodiscard]] std::optional<std::uint32_t> double_to_single(std::uint64_t bits) noexcept;
[[nodiscard]] std::optional<std::uint16_t> double_to_half(std::uint64_t bits) noexcept;

}  // namespace credence::cbor
