// What one appraisal compared, for people: which claim, against which statement of which CoRIM or policy.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace credence::verifier {

// For one appraisal on one thread. Nothing is recorded unless it is wanted: ask wanted() before texts are made.
class Trace {
 public:
  struct Step {
    std::string submodule;   // of the result
    std::string claim;       // of the trust vector, by its AR4SI name; empty: whether the evidence is authentic at all
    std::string subject;     // what was compared: "PCR 1 (sha-256)", "psa.software-component BL 3.4.2"
    std::string expected;    // empty: nothing is known of it
    std::string actual;      // as the evidence says it
    std::string source;      // the CoRIM's own id, or "policy NAME version N line L"; empty: a rule of the scheme
    std::string submission;  // id of that CoRIM in the store; empty where there is none
    bool agrees = false;
  };

  [[nodiscard]] static Trace recording() { return Trace(true); }
  Trace() = default;

  [[nodiscard]] bool wanted() const noexcept { return wanted_; }
  void add(Step step) {
    if (wanted_) steps_.push_back(std::move(step));
  }
  [[nodiscard]] const std::vector<Step>& steps() const noexcept { return steps_; }

 private:
  explicit Trace(bool wanted) : wanted_(wanted) {}

  bool wanted_ = false;
  std::vector<Step> steps_;
};

}  // namespace credence::verifier
