// Whether a verifier would start with a configuration, and do what is meant: everything that can be said before it
// runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "service/verifier/config.h"

namespace credence::service {

enum class Severity : std::uint8_t {
  problem,  // the verifier would not start, would refuse to reload, or nobody could use it
  warning,  // it would run, and perhaps not as it should
};

struct Finding {
  Severity severity = Severity::problem;
  std::string key;       // empty: the file as a whole
  TextPosition where{};  // of the value; nowhere: the key has its default
  std::string what;      // expected, got, what to do
};

struct ConfigReport {
  VerifierConfig config;          // in force with this file: defaults included
  std::vector<Finding> findings;  // in the order of the file

  [[nodiscard]] bool usable() const;
};

enum class StoreProbe : std::uint8_t { none, connect };

// Changes nothing. Errc::configuration when the file itself cannot be read.
[[nodiscard]] Result<ConfigReport> check_config(const std::filesystem::path& file, StoreProbe probe, Timestamp now);

}  // namespace credence::service
