#include "base/clock.h"

#include <format>

namespace credence {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace

std::shared_ptr<const Clock> system_clock() {
  static const auto clock = std::make_shared<const SystemClock>();
  return clock;
}

// By hand where the year has four digits: std::format is twenty times slower, and every session says when it expires.
std::string to_rfc3339(Timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) return std::format("{:%FT%TZ}", at);
  const std::chrono::hh_mm_ss time(at - day);
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&text](std::size_t last, std::size_t digits, auto number) {
    auto rest = static_cast<unsigned>(number);
    for (std::size_t i = 0; i < digits; ++i, rest /= 10) text[last - i] = static_cast<char>('0' + rest % 10);
  };
  put(3, 4, year);
  put(6, 2, static_cast<unsigned>(date.month()));
  put(9, 2, static_cast<unsigned>(date.day()));
  put(12, 2, time.hours().count());
  put(15, 2, time.minutes().count());
  put(18, 2, time.seconds().count());
  put(22, 3, time.subseconds().count());
  return text;
}

}  // namespace credence
