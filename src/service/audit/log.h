// The audit log's file: only ever appended to, and on disk before an action is done.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "service/audit/chain.h"

namespace credence::service::audit {

enum class Durability : std::uint8_t {
  at_once,  // on disk when append() returns
  soon,     // with the next line that is, or within a second, also when none follows
};

// Thread-safe. One process writes a log at a time.
//
// A file that was moved away (logrotate) is followed by a new one, which continues the chain.
class Log {
 public:
  // Makes FILE and FILE.head, or checks both and continues. Errc::conflict when the log was altered, when lines that
  // the head names are missing, or when there are lines and no head; Errc::malformed for a head that is none;
  // Errc::configuration for a file that cannot be used; Errc::busy when another process writes it.
  //
  // `on_failure` hears of lines that were to be durable soon and are not, on a thread of the log: it must not call the
  // log.
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(const std::filesystem::path& file,
                                                         std::shared_ptr<const Clock> clock,
                                                         std::function<void(const Error&)> on_failure = {});
  // Every line is durable then.
  ~Log();

  // Errc::io when the line could not be written, Errc::conflict when somebody else cut or wrote the file: what it is
  // about must then not be done.
  [[nodiscard]] Result<void> append(const Entry& entry, Durability durability);

  [[nodiscard]] Position end() const;
  // The file has no line yet, and the chain goes on in it: after a rotation, or because somebody emptied it.
  [[nodiscard]] bool goes_on_in_empty_file() const;

 private:
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Whether open() would succeed, changing nothing; another process may be writing the log.
[[nodiscard]] Result<void> check(const std::filesystem::path& file);

struct Verified {
  std::uint64_t lines = 0;
  Position start;  // what the first line follows
  Position end;
  // What the head file of the last file names: a line of the chain, or what its first line follows. Nothing up to it is
  // missing or altered. Of lines that came after `end` and were removed, nothing is known. Empty without a head: where
  // the log ended is not known at all, nor what its last line said.
  std::optional<Position> head{};
};

// FILE.head, which remembers where a log ended.
[[nodiscard]] std::filesystem::path head_of(const std::filesystem::path& file);

// The chain through files in their order, oldest first; the last one is compared with its head file when there is one.
// Errc::conflict with file and line of the first that does not fit, and when the head names a line that is not there.
[[nodiscard]] Result<Verified> verify(std::span<const std::filesystem::path> files);

}  // namespace credence::service::audit
