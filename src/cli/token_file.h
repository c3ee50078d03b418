// A bearer token from a file.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace credence::cli {

// The content without the end of its line. Errc::configuration when there is none.
[[nodiscard]] Result<SecretBytes> read_token_file(const std::string& file);

}  // namespace credence::cli
