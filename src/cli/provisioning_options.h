// Where a verifier is that is given something, and the right to do so.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/result.h"
#include "client/provision.h"

namespace credence::cli {

struct ProvisioningOptions {
  std::string to;
  std::string ca;
  std::string token;
  bool insecure_http = false;
};

void add_provisioning_options(CLI::App& command, ProvisioningOptions& options);
[[nodiscard]] Result<client::Provisioning> provisioning_from(const ProvisioningOptions& options);

}  // namespace credence::cli
