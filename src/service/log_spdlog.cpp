#include "service/log_spdlog.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <mutex>
#include <string>

#include "service/http/request_id.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

// Texts of peers end up in messages: a line feed would let them write lines of their own, an escape character repaint
// the operator's terminal.
std::string printable(std::string_view message) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(message.size());
  for (const char c : message) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x20 && octet != 0x7f) {
      out.push_back(c);
    } else {
      out += {'\\', 'x', kDigits[octet >> 4], kDigits[octet & 15]};
    }
  }
  return out;
}

// A value that would blur where it ends is written as a JSON string.
std::string as_value(std::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(" \"=\\") == std::string_view::npos;
  return plain ? printable(text) : json::to_text(json::Value(text));
}

void append_text(std::string& line, const LogField& field) {
  line.append(" ").append(field.name).append("=");
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    line.append(as_value(*text));
  } else {
    line.append(std::to_string(std::get<std::int64_t>(field.value)));
  }
}

void append_json(json::Object& line, const LogField& field) {
  std::visit([&](const auto& value) { line[field.name] = value; }, field.value);
}

// Each write wakes whoever reads the log, which takes longer than the line: those of a batch go out together.
class BatchingStderr final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ~BatchingStderr() override { BatchingStderr::flush_(); }
  BatchingStderr() = default;
  BatchingStderr(const BatchingStderr&) = delete;
  BatchingStderr& operator=(const BatchingStderr&) = delete;

 private:
  static constexpr std::size_t kMostWaiting = 32 << 10;

  void sink_it_(const spdlog::details::log_msg& message) override {
    formatter_->format(message, waiting_);
    const bool may_wait = LogBatch::is_open() && message.level < spdlog::level::warn;
    if (!may_wait || waiting_.size() > kMostWaiting) flush_();
  }

  void flush_() override {
    if (waiting_.size() == 0) return;
    std::fwrite(waiting_.data(), 1, waiting_.size(), stderr);  // nobody is left to tell that it failed
    std::fflush(stderr);
    waiting_.clear();
  }

  spdlog::memory_buf_t waiting_;
};

class SpdlogLog final : public ServiceLog {
 public:
  SpdlogLog(LogFormat format, LogLevel least)
      : format_(format), logger_("credence", std::make_shared<BatchingStderr>()) {
    logger_.set_level(spdlog_level(least));
    logger_.set_pattern(format == LogFormat::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v)"
                                                  : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v",
                        spdlog::pattern_time_type::utc);
  }

  void write(LogLevel level, std::string_view message) override { write_fields(level, message, {}); }

  void write_fields(LogLevel level, std::string_view message, std::span<const LogField> fields) override {
    if (!wants(level)) return;
    const std::string line = format_ == LogFormat::json ? json_line(message, fields) : text_line(message, fields);
    logger_.log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
  }

  [[nodiscard]] bool wants(LogLevel level) const noexcept override { return logger_.should_log(spdlog_level(level)); }
  void flush() override { logger_.flush(); }
  void set_least(LogLevel least) override { logger_.set_level(spdlog_level(least)); }

 private:
  static std::string text_line(std::string_view message, std::span<const LogField> fields) {
    std::string line = printable(message);
    for (const LogField& field : fields) append_text(line, field);
    if (const auto id = http::RequestScope::current(); !id.empty()) append_text(line, {"request", id});
    return line;
  }

  // The rest of the object that the pattern begins.
  static std::string json_line(std::string_view message, std::span<const LogField> fields) {
    json::Object line{{"message", message}};
    for (const LogField& field : fields) append_json(line, field);
    if (const auto id = http::RequestScope::current(); !id.empty()) line["request"] = id;
    return json::to_text(line).substr(1);
  }

  const LogFormat format_;
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<ServiceLog> stderr_log(LogFormat format, LogLevel least) {
  return std::make_unique<SpdlogLog>(format, least);
}

}  // namespace credence::service
