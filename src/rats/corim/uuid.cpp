#include "rats/corim/uuid.h"

#include <algorithm>

#include "base/text.h"

namespace credence::rats {

std::string Uuid::text() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t at = 0; at < octets.size(); ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10) text += '-';
    text += kDigits[octets[at] >> 4];
    text += kDigits[octets[at] & 15];
  }
  return text;
}

Result<Uuid> Uuid::from_text(std::string_view text) {
  // RFC 9562 section 4: 8-4-4-4-12 digits.
  const bool dashed = text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
  if (!dashed) return fail(Errc::malformed, "expected a UUID: 8-4-4-4-12 hexadecimal digits");
  std::string digits(text);
  std::erase(digits, '-');
  TRY(const Bytes octets, from_hex(digits));
  if (octets.size() != 16) return fail(Errc::malformed, "expected a UUID: 8-4-4-4-12 hexadecimal digits");
  Uuid uuid;
  std::ranges::copy(octets, uuid.octets.begin());
  return uuid;
}

}  // namespace credence::rats
