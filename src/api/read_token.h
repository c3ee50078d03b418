// Bearer tokens, as files that an application names.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/secret.h"

namespace credence {

// The first line, without its end. Errc::not_found with the path, configuration when it is empty, too_large.
[[nodiscard]] Result<SecretBytes> read_token(const std::filesystem::path& path);

}  // namespace credence
