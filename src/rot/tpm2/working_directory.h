// Runs something with a working directory of its own, which is gone afterwards.
#pragma once

#include <functional>

#include "base/result.h"

namespace credence::rot::tpm2 {

// libtpms writes its whole memory, seeds included, to a file "NVChip" in the working directory, readable to all, and
// there is no way to name another place. So it is started where that file is private and vanishes with the directory;
// libtpms goes on with the open file. On Linux a working directory can belong to one thread: the process and its other
// threads do not notice.
[[nodiscard]] Result<void> in_temporary_directory(const std::function<Result<void>()>& operation);

}  // namespace credence::rot::tpm2
