// What a verb prints: the same facts as text for people or as JSON for programs.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/exit_status.h"
#include "wire/json/json.h"

namespace credence::cli {

class Output {
 public:
  explicit Output(bool as_json) : as_json_(as_json) {}

  [[nodiscard]] bool as_json() const noexcept { return as_json_; }
  // Facts on standard output: one JSON object on one line, or "name: value" lines, nested ones indented.
  void facts(const json::Object& facts) const;
  // A line for people on standard output; nothing with --json.
  void line(std::string_view text) const;
  // An error on standard error, as text or as {"error": {...}}; the exit status that goes with it.
  [[nodiscard]] ExitStatus error(const Error& error) const;

 private:
  bool as_json_;
};

// Octets of a peer may hold terminal control sequences: everything but printable text is shown as \xNN.
[[nodiscard]] std::string printable(std::string_view text);
// The tree as indented lines, texts made printable.
[[nodiscard]] std::string as_lines(const json::Object& facts, unsigned indent = 0);

}  // namespace credence::cli
