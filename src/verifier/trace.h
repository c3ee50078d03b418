// What one appraisal compared, for people: which claim, against which statement of which CoRIM or policy.
#pragma once

#include <cstddef>
#include <vector>

#include "rats/ear/trace_step.h"

namespace credence::verifier {

// For one appraisal on one thread. Nothing is recorded unless it is wanted: ask wanted() before texts are made.
class Trace {
 public:
  using Step = rats::TraceStep;

  [[nodiscard]] static Trace recording() { return Trace(true); }
  Trace() = default;

  [[nodiscard]] bool wanted() const noexcept { return wanted_; }
  // Long texts are cut, and steps beyond the bound are counted only: the attester's evidence decides how many there
  // are.
  void add(Step step);
  [[nodiscard]] const std::vector<Step>& steps() const noexcept { return steps_; }
  // The steps, and one that says how many were left out.
  [[nodiscard]] std::vector<Step> take();

 private:
  explicit Trace(bool wanted) : wanted_(wanted) {}

  bool wanted_ = false;
  std::vector<Step> steps_;
  std::size_t octets_ = 0;  // of the texts of steps_
  std::size_t left_out_ = 0;
};

}  // namespace credence::verifier
