// Bearer tokens, as files that a user names.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/secret.h"

namespace credence {

// The first line, without its end. Errc::not_found, too_large, configuration when it is empty; each with the path.
[[nodiscard]] Result<SecretBytes> read_token_file(const std::filesystem::path& path);

}  // namespace credence
