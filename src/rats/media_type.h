// Media types (RFC 9110 section 8.3.1): type "/" subtype *( ";" name "=" value ).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace credence::rats {

struct MediaType {
  std::string essence;                                          // type/subtype in lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, values without their quotes

  // The value of a parameter; `name` in lower case.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const noexcept;
};

// Errc::malformed with the offset for what is no media type, Errc::duplicate_key for a repeated parameter.
[[nodiscard]] Result<MediaType> parse_media_type(std::string_view text);

// type "/" subtype, with printable ASCII after it: what a decoder demands before it hands a type on.
[[nodiscard]] bool looks_like_media_type(std::string_view text) noexcept;

}  // namespace credence::rats
