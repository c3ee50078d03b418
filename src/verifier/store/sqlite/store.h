// Endorsements and reference values in an SQLite file, with everything parsed kept in memory: a look-up never touches
// the disk (docs/decisions/store.md).
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "verifier/store.h"
#include "verifier/store/journal.h"

namespace credence::verifier {

// Creates the file when it is absent, mode 0600. Several processes may use one file; what another one provisions is
// seen here within a second, and at once when a kid or class is not found.
[[nodiscard]] Result<std::shared_ptr<Store>> open_sqlite_store(const std::filesystem::path& file);

// The same without what look-ups need: for copying.
[[nodiscard]] Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& file);

// Whether the file, which is there, could be opened; nothing is changed.
[[nodiscard]] Result<void> probe_sqlite_store(const std::filesystem::path& file);

}  // namespace credence::verifier
