// The media types of CoRIMs (draft-ietf-rats-corim section 12.2, and their names in older drafts).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::rats {

inline constexpr std::string_view kCorimMediaType = "application/rim+cbor";
inline constexpr std::string_view kSignedCorimMediaType = "application/rim+cose";
// Still sent by tools of 2024 and 2025.
inline constexpr std::string_view kOldCorimMediaType = "application/corim-unsigned+cbor";
inline constexpr std::string_view kOldSignedCorimMediaType = "application/corim-signed+cbor";

enum class CorimForm : std::uint8_t { unsigned_corim, signed_corim };

struct CorimMediaType {
  CorimForm form = CorimForm::unsigned_corim;
  std::optional<std::string> profile;  // the parameter: a URI or a dotted OID
};

// Errc::unsupported for a media type that is no CoRIM's.
[[nodiscard]] Result<CorimMediaType> parse_corim_media_type(std::string_view text);
// In the names of revision 10: application/rim+cbor; profile="tag:..."
[[nodiscard]] std::string to_text(const CorimMediaType& media_type);

}  // namespace credence::rats
