// The target of a request in origin-form (RFC 9112 section 3.2.1): path segments and query parameters, decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace credence::service::http {

struct Target {
  std::vector<std::string> segments;  // "/a/b" is {"a", "b"}, "/" is {}
  std::vector<std::pair<std::string, std::string>> query;

  // Absent is no error; twice is: two readers could take different ones.
  [[nodiscard]] Result<std::optional<std::string_view>> parameter(std::string_view name) const;
};

// Percent-encoding is undone (RFC 3986 section 2.1), "+" stays "+": base64 uses it. Control characters, dot segments
// and empty segments are refused: nothing here has such a name, and a proxy in front might read them differently.
[[nodiscard]] Result<Target> parse_target(std::string_view text);

}  // namespace credence::service::http
