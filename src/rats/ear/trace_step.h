// One comparison that led to a result, for people (docs/formats/ear.md, "credence.trace").
#pragma once

#include <string>

namespace credence::rats {

struct TraceStep {
  std::string submodule{};   // of the result
  std::string claim{};       // of the trust vector, by its AR4SI name; empty: whether the evidence is authentic at all
  std::string subject{};     // what was compared: "PCR 1 (sha-256)", "psa.software-component BL 3.4.2"
  std::string expected{};    // empty: nothing is known of it
  std::string actual{};      // as the evidence says it
  std::string source{};      // the CoRIM's own id, or "policy NAME version N line L"; empty: a rule of the scheme
  std::string submission{};  // id of that CoRIM in the store; empty where there is none
  bool agrees = false;

  friend bool operator==(const TraceStep&, const TraceStep&) = default;
};

}  // namespace credence::rats
