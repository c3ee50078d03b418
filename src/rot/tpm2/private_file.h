// Files that only this user may read: they hold authorization values, or the seeds of a TPM.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::rot::tpm2 {

// What fstat says of an open file or directory. Errc::configuration when it belongs to another user or when others may
// use it; `mode` is what to set then ("0600").
[[nodiscard]] Result<struct stat> check_private(int descriptor, const std::string& path, std::string_view mode);

// Opens a regular file for writing, or makes it, private in both cases. A symbolic link is refused: whoever put it
// there would choose which file is written.
[[nodiscard]] Result<void> make_private_file(const std::string& path);

}  // namespace credence::rot::tpm2
