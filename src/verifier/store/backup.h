// Everything that a store keeps, as a sequence of octets that belongs to no database (docs/formats/backup.md).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "verifier/store/journal.h"

namespace credence::verifier {

struct BackupOrigin {
  std::string program;  // that writes it, with its version
  std::string made;     // RFC 3339
};

// Takes the next octets; its error ends the backup.
using BackupSink = std::function<Result<void>(ByteView)>;
// Told now and then how many documents are done.
using BackupProgress = std::function<void(std::uint64_t documents)>;

// Of one moment, whatever is changed meanwhile: other processes may go on reading and writing. The number of documents.
[[nodiscard]] Result<std::uint64_t> write_backup(Journal& journal, const BackupOrigin& origin, const BackupSink& sink,
                                                 const BackupProgress& progress);

enum class RestoreMode : std::uint8_t {
  into_empty,  // Errc::conflict when the store has anything
  merge,       // adds what the store has not, newer revocation lists too, and turns off what the backup has off
};

struct Restored {
  std::uint64_t added = 0;
  std::uint64_t known = 0;        // left as they are
  std::uint64_t deactivated = 0;  // CoRIMs that were active in the store, and were not in the backup
};

// Checks all of `backup` before it changes anything, then makes all of it visible at once, or nothing.
[[nodiscard]] Result<Restored> restore_backup(Journal& journal, ByteView backup, RestoreMode mode,
                                              const BackupProgress& progress);

}  // namespace credence::verifier
