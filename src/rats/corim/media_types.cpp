#include "rats/corim/media_types.h"

#include <format>

#include "rats/media_type.h"

namespace credence::rats {
namespace {

Result<CorimForm> form_of(std::string_view essence) {
  if (essence == kCorimMediaType || essence == kOldCorimMediaType) return CorimForm::unsigned_corim;
  if (essence == kSignedCorimMediaType || essence == kOldSignedCorimMediaType) return CorimForm::signed_corim;
  return fail(Errc::unsupported,
              std::format("expected {} or {}, got {}", kCorimMediaType, kSignedCorimMediaType, essence));
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

}  // namespace

Result<CorimMediaType> parse_corim_media_type(std::string_view text) {
  TRY(const MediaType parsed, parse_media_type(text));
  CorimMediaType media_type;
  TRY(media_type.form, form_of(parsed.essence));
  if (const auto profile = parsed.parameter("profile")) media_type.profile = std::string(*profile);
  return media_type;
}

std::string to_text(const CorimMediaType& media_type) {
  std::string text(media_type.form == CorimForm::unsigned_corim ? kCorimMediaType : kSignedCorimMediaType);
  if (media_type.profile) text += "; profile=" + quoted(*media_type.profile);
  return text;
}

}  // namespace credence::rats
