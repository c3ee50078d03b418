#include "rats/corim/uuid.h"

#include <algorithm>

#include "base/text.h"

namespace credence::rats {

std::string Uuid::text() const {
  std::string text = to_hex(octets);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
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
