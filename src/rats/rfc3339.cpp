#include "rats/rfc3339.h"

#include <chrono>
#include <format>

namespace credence::rats {
namespace {

// Takes the parts of a date one after the other; what is missing is remembered.
struct Digits {
  std::string_view rest;
  bool good = true;

  int number(std::size_t digits) {
    int value = 0;
    if (rest.size() < digits) return missing();
    for (const char digit : rest.substr(0, digits)) {
      if (digit < '0' || digit > '9') return missing();
      value = value * 10 + (digit - '0');
    }
    rest.remove_prefix(digits);
    return value;
  }
  void skip_any(std::string_view characters) {
    if (rest.empty() || !characters.contains(rest.front())) {
      missing();
      return;
    }
    rest.remove_prefix(1);
  }
  void skip(char character) { skip_any({&character, 1}); }

  std::chrono::milliseconds fraction() {
    if (!rest.starts_with('.')) return {};
    rest.remove_prefix(1);
    int milliseconds = 0, weight = 100, digits = 0;
    for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1), ++digits, weight /= 10)
      milliseconds += (rest.front() - '0') * weight;
    if (digits == 0) missing();
    return std::chrono::milliseconds(milliseconds);
  }
  std::chrono::minutes offset() {
    if (rest == "Z" || rest == "z") {
      rest = {};
      return {};
    }
    const bool west = rest.starts_with('-');
    skip_any("+-");
    const int hours = number(2);
    skip(':');
    const int minutes = number(2);
    if (hours > 23 || minutes > 59) missing();
    return std::chrono::minutes((hours * 60 + minutes) * (west ? -1 : 1));
  }
  int missing() {
    good = false;
    return 0;
  }
};

}  // namespace

// RFC 3339 section 5.6: 2026-11-23T20:15:00[.fraction](Z / +hh:mm / -hh:mm).
Result<Timestamp> from_rfc3339(std::string_view text) {
  Digits digits{text};
  const int year = digits.number(4);
  digits.skip('-');
  const int month = digits.number(2);
  digits.skip('-');
  const int day = digits.number(2);
  digits.skip_any("Tt ");
  const int hour = digits.number(2);
  digits.skip(':');
  const int minute = digits.number(2);
  digits.skip(':');
  const int second = digits.number(2);
  const std::chrono::milliseconds fraction = digits.fraction();
  const std::chrono::minutes offset = digits.offset();
  if (!digits.good || !digits.rest.empty()) {
    return fail(Errc::malformed, "expected a date and time as in 2026-11-23T20:15:00Z");
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
    return fail(Errc::invalid_value, std::format("there is no such date or time: {}", text));
  }
  return Timestamp(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + fraction - offset;
}

}  // namespace credence::rats
