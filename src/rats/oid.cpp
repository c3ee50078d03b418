#include "rats/oid.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace credence::rats {
namespace {

Result<std::vector<std::uint64_t>> subidentifiers_of(ByteView content) {
  std::vector<std::uint64_t> subidentifiers;
  std::uint64_t value = 0;
  bool started = false;
  for (std::size_t at = 0; at < content.size(); ++at) {
    if (!started && content[at] == 0x80) return fail_at(Errc::malformed, at, "OID: an arc with a leading zero octet");
    if (value > std::numeric_limits<std::uint64_t>::max() >> 7) {
      return fail_at(Errc::malformed, at, "OID: an arc of more than 64 bits");
    }
    value = value << 7 | (content[at] & 0x7fU);
    started = (content[at] & 0x80U) != 0;
    if (started) continue;
    subidentifiers.push_back(value);
    value = 0;
  }
  if (started || subidentifiers.empty()) return fail_at(Errc::malformed, content.size(), "OID: it ends inside an arc");
  return subidentifiers;
}

void append_subidentifier(Bytes& content, std::uint64_t value) {
  int shift = 63;
  while (shift > 0 && value >> shift == 0) shift -= 7;
  for (; shift >= 0; shift -= 7) {
    const auto octet = static_cast<std::uint8_t>(value >> shift & 0x7fU);
    content.push_back(shift == 0 ? octet : static_cast<std::uint8_t>(octet | 0x80U));
  }
}

Result<std::vector<std::uint64_t>> arcs_from_text(std::string_view text) {
  std::vector<std::uint64_t> arcs;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::uint64_t arc = 0;
    const auto [next, error] = std::from_chars(at, end, arc);
    if (error != std::errc{} || (*at == '0' && next - at > 1)) {
      return fail_at(Errc::malformed, static_cast<std::size_t>(at - text.data()), "OID: expected a decimal arc");
    }
    arcs.push_back(arc);
    if (next == end) return arcs;
    if (*next != '.') {
      return fail_at(Errc::malformed, static_cast<std::size_t>(next - text.data()), "OID: expected a dot");
    }
    at = next + 1;
  }
}

}  // namespace

Result<std::string> oid_to_text(ByteView content) {
  TRY(const std::vector<std::uint64_t> subidentifiers, subidentifiers_of(content));
  // The first subidentifier holds the first two arcs: 40 * first + second, first at most 2 (X.690 section 8.19.4).
  const std::uint64_t first = std::min<std::uint64_t>(subidentifiers.front() / 40, 2);
  std::string text = std::to_string(first) + "." + std::to_string(subidentifiers.front() - 40 * first);
  for (std::size_t i = 1; i < subidentifiers.size(); ++i) text += "." + std::to_string(subidentifiers[i]);
  return text;
}

Result<Bytes> oid_from_text(std::string_view text) {
  TRY(const std::vector<std::uint64_t> arcs, arcs_from_text(text));
  const bool valid = arcs.size() >= 2 && arcs[0] <= 2 && (arcs[0] == 2 || arcs[1] < 40) &&
                     arcs[1] <= std::numeric_limits<std::uint64_t>::max() - 80;
  if (!valid) return fail_at(Errc::malformed, 0, "OID: expected 0.0 to 0.39, 1.0 to 1.39 or 2.n at the start");
  Bytes content;
  append_subidentifier(content, 40 * arcs[0] + arcs[1]);
  for (std::size_t i = 2; i < arcs.size(); ++i) append_subidentifier(content, arcs[i]);
  return content;
}

}  // namespace credence::rats
