// Files that a command line names: bounded reading, and writing that leaves either the old or the whole new file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace credence::cli {

inline constexpr std::size_t kMostFileBytes = 16 << 20;

// Errc::not_found or too_large, with the path.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& path, std::size_t most = kMostFileBytes);
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& path);
// Through a temporary file beside it.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, ByteView content);

[[nodiscard]] Result<crypto::PublicKey> read_public_key(const std::filesystem::path& pem);
[[nodiscard]] Result<std::vector<crypto::Certificate>> read_certificates(const std::filesystem::path& pem);

}  // namespace credence::cli
