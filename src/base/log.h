// Where diagnostics go. The sink is chosen by the program (service, cli); libraries only get a Log&.
//
// Secrets never reach it: SecretBytes has no way into a string.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace credence {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// A fact of a line for programs that read it. Names are ours (lower case, "_" between words), values may be anybody's.
struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t> value;
};

// Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view message) = 0;
  // A log that keeps no fields writes them behind the message, as name=value.
  virtual void write_fields(LogLevel level, std::string_view message, std::span<const LogField> fields);
  // False when lines of this level are dropped: what is costly to put into words need not be.
  [[nodiscard]] virtual bool wants(LogLevel /*level*/) const noexcept { return true; }
  // Writes what waits, see LogBatch.
  virtual void flush() {}
};

// While it lives, lines that this thread writes may wait for its end, so that many go out at once; not warnings and
// errors, which take those before them along. Batches of one thread do not nest.
class LogBatch {
 public:
  explicit LogBatch(Log& log) noexcept;
  ~LogBatch();
  LogBatch(const LogBatch&) = delete;
  LogBatch& operator=(const LogBatch&) = delete;

  // Whether this thread has one.
  [[nodiscard]] static bool is_open() noexcept;

 private:
  Log& log_;
};

// Drops everything.
[[nodiscard]] Log& no_log();

}  // namespace credence
