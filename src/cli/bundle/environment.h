// Environments as a command line names them.
#pragma once

#include <string_view>

#include "base/result.h"
#include "rats/corim/environment.h"

namespace credence::cli {

// "uuid:...", "ueid:HEX", "bytes:HEX" or "oid:1.2.3"; without a prefix a UUID by its form, octets in hexadecimal else.
// Errc::usage.
[[nodiscard]] Result<rats::TaggedBytes> identifier_from(std::string_view text);
// Such an identifier, or "vendor=NAME", "model=NAME", "layer=NUMBER" and "index=NUMBER", as many of them as one likes
// with commas between them.
[[nodiscard]] Result<rats::Class> class_from(std::string_view text);

}  // namespace credence::cli
