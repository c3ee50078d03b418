// The steps of an appraisal that a test is about, in their order.
#pragma once

#include <string_view>
#include <vector>

#include "rats/ear/ear.h"

namespace credence::test {

using TraceSteps = std::vector<rats::TraceStep>;

template <typename IsWanted>
[[nodiscard]] TraceSteps steps_where(const rats::Ear& ear, const IsWanted& is_wanted) {
  TraceSteps steps;
  for (const rats::TraceStep& step : ear.credence.trace)
    if (is_wanted(step)) steps.push_back(step);
  return steps;
}

[[nodiscard]] inline TraceSteps steps_about(const rats::Ear& ear, std::string_view subject) {
  return steps_where(ear, [subject](const rats::TraceStep& step) { return step.subject == subject; });
}

// Of subjects that begin so.
[[nodiscard]] inline TraceSteps steps_beginning(const rats::Ear& ear, std::string_view subject) {
  return steps_where(ear, [subject](const rats::TraceStep& step) { return step.subject.starts_with(subject); });
}

// Those that do not agree.
[[nodiscard]] inline TraceSteps refusals_beginning(const rats::Ear& ear, std::string_view subject) {
  return steps_where(
      ear, [subject](const rats::TraceStep& step) { return !step.agrees && step.subject.starts_with(subject); });
}

}  // namespace credence::test
