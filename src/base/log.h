// Where diagnostics go. The sink is chosen by the program (service, cli); libraries only get a Log&.
//
// Secrets never reach it: SecretBytes has no way into a string.
#pragma once

#include <cstdint>
#include <string_view>

namespace credence {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view message) = 0;
  // Whether a message of this level goes anywhere: what need not be written need not be put together.
  [[nodiscard]] virtual bool wants(LogLevel) const { return true; }
};

// Drops everything.
[[nodiscard]] Log& no_log();

}  // namespace credence
