// The demo's text: a line for each thing that happened, with the milliseconds since the start.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "cli/output.h"

namespace credence::cli {

class Timeline {
 public:
  explicit Timeline(const Output& output) : output_(output) {}

  void heading(std::string_view text) const;
  // "   312 ms  verifier  what it did"; with --json an event.
  void event(std::string_view actor, std::string_view text) const;
  void detail(std::string_view text) const;
  void picture(std::string_view text) const;

 private:
  const Output& output_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace credence::cli
