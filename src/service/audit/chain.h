// The audit log as text: one JSON object a line, each naming the SHA-256 of the line before it, so that no line can be
// altered, put in or taken out without every later line telling (docs/formats/audit-log.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace credence::service::audit {

// `begun` stands before the action is done, and one of the others after it. `refused` alone: who asked may not.
enum class Outcome : std::uint8_t { begun, done, failed, refused };
[[nodiscard]] std::string_view name(Outcome outcome) noexcept;

// What was done by whom, without secrets. Texts are cut at kMaxText, and are ASCII in the log.
struct Entry {
  std::string action{};  // an operation of the API, or what the service did by itself
  Outcome outcome{};
  std::string principal{};  // empty: nobody knows
  std::string tenant{};
  std::string client{};  // where it comes from
  std::string object{};  // what the action is about: the path's parameters, the digest of a body
  unsigned status = 0;   // of the answer; 0: there is none yet
  std::string reason{};
};
inline constexpr std::size_t kMaxText = 512;  // octets
inline constexpr std::size_t kMaxLine = 8'192;

// Where a chain stands: the number and digest of its last line.
struct Position {
  std::uint64_t sequence = 0;
  std::string digest = std::string(64, '0');  // of SHA-256, in hexadecimal
  friend bool operator==(const Position&, const Position&) = default;
};

// The line, without its end, that follows `previous`.
[[nodiscard]] std::string to_line(const Entry& entry, Timestamp at, const Position& previous);

// Follows a chain line by line. Errc::conflict at the first line that does not continue it, with expected and got.
class Follower {
 public:
  // Nothing is known about what came before the first line.
  Follower() = default;
  [[nodiscard]] Result<void> take(std::string_view line);

  [[nodiscard]] bool empty() const noexcept { return lines_ == 0; }
  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }
  // What the first line says that it follows; the default Position for the very first line of a log.
  [[nodiscard]] const Position& start() const noexcept { return start_; }
  [[nodiscard]] const Position& end() const noexcept { return end_; }

 private:
  std::uint64_t lines_ = 0;
  Position start_;
  Position end_;
};

// The head file: the position in one line of constant length.
[[nodiscard]] std::string to_head(const Position& position);
[[nodiscard]] Result<Position> parse_head(std::string_view text);

}  // namespace credence::service::audit
