#include "base/log.h"

#include <string>

namespace credence {
namespace {

thread_local bool batch_is_open = false;

}  // namespace

LogBatch::LogBatch(Log& log) noexcept : log_(log) { batch_is_open = true; }

LogBatch::~LogBatch() {
  batch_is_open = false;
  log_.flush();
}

bool LogBatch::is_open() noexcept { return batch_is_open; }

void Log::write_fields(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  std::string line(message);
  for (const LogField& field : fields) {
    line.append(" ").append(field.name).append("=");
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      line.append(*text);
    } else {
      line.append(std::to_string(std::get<std::int64_t>(field.value)));
    }
  }
  write(level, line);
}

Log& no_log() {
  class Silent final : public Log {
    void write(LogLevel, std::string_view) override {}
    void write_fields(LogLevel, std::string_view, std::span<const LogField>) override {}
    [[nodiscard]] bool wants(LogLevel) const noexcept override { return false; }
  };
  static Silent silent;
  return silent;
}

}  // namespace credence
