#include "cli/demo/timeline.h"

#include <format>

namespace credence::cli {

void Timeline::heading(std::string_view text) const { output_.line(std::format("\n{}\n", text)); }

void Timeline::event(std::string_view actor, std::string_view text) const {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
  if (output_.as_json()) {
    output_.facts({{"event", "timeline"}, {"milliseconds", since.count()}, {"actor", actor}, {"text", text}});
    return;
  }
  output_.line(std::format("{:>6} ms  {:<9} {}", since.count(), actor, printable(text)));
}

void Timeline::detail(std::string_view text) const { output_.line(std::format("{:21}{}", "", printable(text))); }

void Timeline::picture(std::string_view text) const { output_.line(text); }

}  // namespace credence::cli
