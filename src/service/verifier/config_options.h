// From what the operator wrote to what the service is started with.
#pragma once

#include <chrono>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "service/verifier/config.h"
#include "service/verifier/server.h"

namespace credence::service {

struct ConfiguredVerifier {
  VerifierOptions options;
  LogLevel log_level = LogLevel::info;
  std::chrono::seconds drain_delay{0};
};

// Every value that cannot be what it is, each under its key; then `made` is not to be used. Files are not looked at.
[[nodiscard]] std::vector<ConfigProblem> convert(const VerifierConfig& config, ConfiguredVerifier& made);

// The same; Errc::usage with the first of the problems.
[[nodiscard]] Result<ConfiguredVerifier> configured(const VerifierConfig& config);

}  // namespace credence::service
