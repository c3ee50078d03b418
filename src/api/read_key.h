// Public keys of verifiers, as files that an application names.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "crypto/key.h"

namespace credence {

// PEM. Errc::not_found with the path.
[[nodiscard]] Result<crypto::PublicKey> read_verifier_key(const std::filesystem::path& path);

}  // namespace credence
