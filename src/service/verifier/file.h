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
// Whether this process could make the file: its folder is there, and may be written.
[[nodiscard]] Result<void> check_folder_of(const std::filesystem::path& file);
[[nodiscard]] Result<SecretBytes> read_file(const std::filesystem::path& file, std::size_t limit);
// The same of a secret: refused with Errc::configuration when it is another user's, when the group or others have any
// access, and when it is a symbolic link.
[[nodiscard]] Result<SecretBytes> read_private_file(const std::filesystem::path& file, std::size_t limit);
// Written beside, made durable, then renamed: a crash leaves the old file or the new one.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& file, ByteView content, FileMode mode);
// The same for a file that must not be there yet. False when it is: of several that create it at once, one does.
[[nodiscard]] Result<bool> create_file(const std::filesystem::path& file, ByteView content, FileMode mode);

}  // namespace credence::service
