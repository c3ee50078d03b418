// Small files of the service: keys, tokens, certificates. Read with a limit, written whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace credence::service {

enum class FileMode : std::uint8_t { owner_only, everyone_reads };

[[nodiscard]] Result<bool> file_exists(const std::filesystem::path& file);
[[nodiscard]] Result<SecretBytes> read_file(const std::filesystem::path& file, std::size_t limit);
// Written beside, made durable, then renamed: a crash leaves the old file or the new one.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& file, ByteView content, FileMode mode);
// Errc::configuration when the group or others have any access.
[[nodiscard]] Result<void> require_owner_only(const std::filesystem::path& file);

}  // namespace credence::service
