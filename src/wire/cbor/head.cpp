#include "wire/cbor/head.h"

#include <array>
#include <format>
#include <utility>

#include "wire/cbor/float.h"

namespace credence::cbor {
namespace {

constexpr std::array kNames = {"an unsigned integer",
                               "a negative integer",
                               "a byte string",
                               "a text string",
                               "an array",
                               "a map",
                               "a tag",
                               "a boolean",
                               "null",
                               "undefined",
                               "a float",
                               "a simple value"};
static_assert(kNames.size() == std::to_underlying(Type::simple) + 1U, "one name for each type");

// Additional information, the low five bits of the initial octet.
constexpr std::uint8_t kOneOctet = 24;
constexpr std::uint8_t kEightOctets = 27;
constexpr std::uint8_t kIndefinite = 31;

std::unexpected<Error> malformed(std::size_t position, std::uint8_t initial) {
  return fail_at(Errc::malformed, position,
                 initial == kBreak ? "expected a data item, got a break"
                                   : std::format("expected a data item, got the reserved octet {:02x}", initial));
}

std::unexpected<Error> not_shortest(std::size_t position) {
  return fail_at(Errc::not_deterministic, position, "expected the shortest encoding of this value");
}

constexpr bool fits_shorter(std::uint64_t argument, std::uint8_t info) {
  switch (info) {
    case kOneOctet:
      return argument < kOneOctet;
    case 25:
      return argument <= 0xff;
    case 26:
      return argument <= 0xffff;
    default:
      return argument <= 0xffff'ffff;
  }
}

Result<Head> float_head(Head head, std::size_t position, Form form) {
  head.type = Type::floating_point;
  if (head.size == 3) {
    head.argument = half_to_double(static_cast<std::uint16_t>(head.argument));
    return head;
  }
  if (head.size == 5) head.argument = single_to_double(static_cast<std::uint32_t>(head.argument));
  const bool shorter = double_to_half(head.argument) || (head.size == 9 && double_to_single(head.argument));
  if (form == Form::deterministic && shorter) return not_shortest(position);
  return head;
}

// Major type 7: simple values and floating-point numbers (section 3.3).
Result<Head> major_seven(Head head, std::size_t position, Form form) {
  if (head.size > 2) return float_head(head, position, form);
  // "an encoder MUST NOT issue two-byte sequences that start with 0xf8 ... and continue with a byte less than 0x20":
  // false would have a second encoding.
  if (head.size == 2 && head.argument < 32) {
    return fail_at(Errc::malformed, position, "expected a simple value from 32 to 255 after f8");
  }
  switch (head.argument) {
    case 20:
    case 21:
      head.type = Type::boolean;
      break;
    case 22:
      head.type = Type::null;
      break;
    case 23:
      head.type = Type::undefined;
      break;
    default:
      head.type = Type::simple;
  }
  return head;
}

Result<Head> indefinite_head(Head head, std::size_t position, std::uint8_t initial, Form form) {
  if (head.type < Type::byte_string || head.type > Type::map) return malformed(position, initial);
  if (form == Form::deterministic) {
    return fail_at(Errc::not_deterministic, position, "expected a definite length");
  }
  head.indefinite = true;
  return head;
}

}  // namespace

std::string_view name(Type type) noexcept { return kNames[std::to_underlying(type)]; }

Result<Head> read_head(ByteView input, std::size_t position, Form form) {
  if (position >= input.size()) return fail_at(Errc::truncated, position, "expected a data item, got the end");
  const std::uint8_t initial = input[position];
  const std::uint8_t major = initial >> 5;
  const std::uint8_t info = initial & 0x1f;
  // The first seven types are the major types in their order; major type 7 is told apart below.
  Head head{.type = static_cast<Type>(major), .argument = info, .size = 1};
  if (info < kOneOctet && major != 7) return head;  // most heads
  if (info == kIndefinite) return indefinite_head(head, position, initial, form);
  // 28 to 30 are reserved (section 3): whoever skips them guesses at a length.
  if (info > kEightOctets) return malformed(position, initial);
  if (info >= kOneOctet) {
    const std::size_t width = std::size_t{1} << (info - kOneOctet);
    if (width >= input.size() - position) return fail_at(Errc::truncated, position, "the input ends inside a head");
    head.argument = 0;
    for (std::size_t i = 1; i <= width; ++i) head.argument = head.argument << 8 | input[position + i];
    head.size += width;
  }
  if (major == 7) return major_seven(head, position, form);
  // Section 4.2.1. Two encodings of one statement have two digests: what is compared by digest must have one.
  if (form == Form::deterministic && info >= kOneOctet && fits_shorter(head.argument, info)) {
    return not_shortest(position);
  }
  return head;
}

}  // namespace credence::cbor
