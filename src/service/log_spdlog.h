// Log over spdlog, to standard error: lines for people or JSON lines for programs.
#pragma once

#include <cstdint>
#include <memory>

#include "base/log.h"

namespace credence::service {

enum class LogFormat : std::uint8_t { text, json };

class ServiceLog : public Log {
 public:
  // From any thread.
  virtual void set_least(LogLevel least) = 0;
};

// Messages below `least` are dropped. Control characters are escaped: a peer's text cannot forge a line. Lines that a
// request causes have its id as the field "request".
[[nodiscard]] std::unique_ptr<ServiceLog> stderr_log(LogFormat format, LogLevel least);

}  // namespace credence::service
