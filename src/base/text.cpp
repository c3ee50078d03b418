#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <format>

namespace credence {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNotInAlphabet = 0xff;

enum class Padding : std::uint8_t { none, required };

using Lookup = std::array<std::uint8_t, 256>;

constexpr Lookup inverse(std::string_view alphabet) {
  Lookup lookup;
  lookup.fill(kNotInAlphabet);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    lookup[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return lookup;
}

constexpr Lookup kFromStandard = inverse(kStandard);
constexpr Lookup kFromUrlSafe = inverse(kUrlSafe);

// Of each twelve bits the two characters: evidence is encoded with every answer, and this takes half the steps.
using Pair = std::array<char, 2>;
using Pairs = std::array<Pair, 4'096>;

constexpr Pairs pairs_of(std::string_view alphabet) {
  Pairs pairs;
  for (std::size_t bits = 0; bits < pairs.size(); ++bits) pairs[bits] = {alphabet[bits >> 6], alphabet[bits & 63]};
  return pairs;
}

constexpr Pairs kToStandard = pairs_of(kStandard);
constexpr Pairs kToUrlSafe = pairs_of(kUrlSafe);

std::uint32_t group_of(std::uint32_t first, std::uint32_t second, std::uint32_t third) noexcept {
  return first << 16 | second << 8 | third;
}

// Writes the 4 characters of 3 octets. Twelve bits are always an index of the pairs: it needs no check of bounds.
char* encode_group(char* out, std::uint32_t group, const Pair* pairs) noexcept {
  std::memcpy(out, pairs + (group >> 12), sizeof(Pair));
  std::memcpy(out + sizeof(Pair), pairs + (group & 4'095), sizeof(Pair));
  return out + 2 * sizeof(Pair);
}

char* encode_to(char* out, ByteView octets, const Pairs& pairs, Padding padding) noexcept {
  const std::uint8_t* from = octets.data();
  for (std::size_t groups = octets.size() / 3; groups > 0; --groups, from += 3) {
    out = encode_group(out, group_of(from[0], from[1], from[2]), pairs.data());
  }
  const std::size_t rest = octets.size() % 3;
  if (rest == 0) return out;
  char* const end = encode_group(out, group_of(from[0], rest == 2 ? from[1] : 0, 0), pairs.data());
  std::fill(out + rest + 1, end, '=');
  return padding == Padding::required ? end : out + rest + 1;
}

void append(std::string& text, ByteView octets, const Pairs& pairs, Padding padding) {
  const std::size_t before = text.size();
  text.resize_and_overwrite(before + (octets.size() + 2) / 3 * 4, [&](char* out, std::size_t) noexcept {
    return static_cast<std::size_t>(encode_to(out + before, octets, pairs, padding) - out);
  });
}

std::string encode(ByteView octets, const Pairs& pairs, Padding padding) {
  std::string text;
  append(text, octets, pairs, padding);
  return text;
}

Result<std::string_view> without_padding(std::string_view text, Padding padding) {
  if (padding == Padding::none) return text;
  if (text.size() % 4 != 0) {
    return fail_at(Errc::malformed, text.size(), "base64: expected padding to a multiple of 4 characters");
  }
  if (text.ends_with("==")) return text.substr(0, text.size() - 2);
  if (text.ends_with("=")) return text.substr(0, text.size() - 1);
  return text;
}

Result<Bytes> decode(std::string_view padded, const Lookup& lookup, Padding padding) {
  TRY(const std::string_view text, without_padding(padded, padding));
  if (text.size() % 4 == 1) return fail_at(Errc::malformed, text.size(), "base64: a lone last character");
  Bytes octets;
  octets.reserve(text.size() * 3 / 4);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::uint8_t value = lookup[static_cast<unsigned char>(text[at])];
    if (value == kNotInAlphabet) return fail_at(Errc::malformed, at, "base64: a character outside the alphabet");
    group = group << 6 | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      octets.push_back(static_cast<std::uint8_t>(group >> bits));
      group &= (1U << bits) - 1;
    }
  }
  if (group != 0) return fail_at(Errc::not_deterministic, text.size(), "base64: the unused last bits are not zero");
  return octets;
}

int hex_digit(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(ByteView octets) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.resize_and_overwrite(octets.size() * 2, [octets](char* out, std::size_t size) noexcept {
    for (const std::uint8_t octet : octets) {
      *out++ = kDigits[octet >> 4];
      *out++ = kDigits[octet & 15];
    }
    return size;
  });
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) {
    return fail_at(Errc::malformed, text.size(), "hexadecimal: expected an even number of digits");
  }
  Bytes octets;
  octets.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0) return fail_at(Errc::malformed, at, "hexadecimal: expected a digit 0-9 or a-f");
    if (low < 0) return fail_at(Errc::malformed, at + 1, "hexadecimal: expected a digit 0-9 or a-f");
    octets.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return octets;
}

std::string to_base64(ByteView octets) { return encode(octets, kToStandard, Padding::required); }
std::string to_base64url(ByteView octets) { return encode(octets, kToUrlSafe, Padding::none); }
std::string to_base64url_padded(ByteView octets) { return encode(octets, kToUrlSafe, Padding::required); }
void append_base64(std::string& to, ByteView octets) { append(to, octets, kToStandard, Padding::required); }
void append_base64url(std::string& to, ByteView octets) { append(to, octets, kToUrlSafe, Padding::none); }
void append_base64url_padded(std::string& to, ByteView octets) { append(to, octets, kToUrlSafe, Padding::required); }

Result<Bytes> from_base64(std::string_view text) { return decode(text, kFromStandard, Padding::required); }
Result<Bytes> from_base64url(std::string_view text) { return decode(text, kFromUrlSafe, Padding::none); }

Result<Bytes> from_any_base64(std::string_view text) {
  const bool url_safe = text.find_first_of("-_") != std::string_view::npos;
  const bool padded = text.ends_with('=') || (!url_safe && text.find_first_of("+/") != std::string_view::npos);
  const Padding padding = padded ? Padding::required : Padding::none;
  return decode(text, url_safe ? kFromUrlSafe : kFromStandard, padding);
}

}  // namespace credence
