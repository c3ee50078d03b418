// Log over spdlog, to standard error: lines for people or JSON lines for programs.
#pragma once

#include <cstdint>
#include <memory>

#include "base/log.h"

namespace credence::service {

enum class LogFormat : std::uint8_t { text, json };

// Messages below `least` are dropped. Control characters are escaped: a peer's text cannot forge a line.
[[nodiscard]] std::unique_ptr<Log> stderr_log(LogFormat format, LogLevel least);

}  // namespace credence::service
