// The audit log's file: only ever appended to, and on disk before an action is done.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "service/audit/chain.h"

namespace credence::service::audit {

enum class Durability : std::uint8_t {
  at_once,  // on disk when append() returns
  soon,     // with the next line that is, or within a second of the line before
};

// Thread-safe. One process writes a log at a time.
//
// A file that was moved away (logrotate) is followed by a new one, which continues the chain.
class Log {
 public:
  // Makes FILE and FILE.head, or checks both and continues. Errc::conflict when the log was altered, or when lines that
  // the head knows are missing; Errc::configuration for a file that cannot be used; Errc::busy when another process
  // writes it.
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(const std::filesystem::path& file,
                                                         std::shared_ptr<const Clock> clock);
  ~Log();

  // Errc::io when the line could not be written: what it is about must then not be done.
  [[nodiscard]] Result<void> append(const Entry& entry, Durability durability);

  [[nodiscard]] Position end() const;

 private:
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct Verified {
  std::uint64_t lines = 0;
  Position start;  // what the first line follows
  Position end;
};

// The chain through files in their order, oldest first; the last one is compared with its head file when there is one.
// Errc::conflict with file and line of the first that does not fit.
[[nodiscard]] Result<Verified> verify(std::span<const std::filesystem::path> files);

}  // namespace credence::service::audit
