#include "cli/provisioning_options.h"

#include <utility>

#include "base/token_file.h"

namespace credence::cli {
void add_provisioning_options(CLI::App& command, ProvisioningOptions& options) {
  command.add_option("--to", options.to, "URL of the verifier")->required();
  command.add_option("--ca", options.ca, "CA of the verifier's certificate, PEM; default: the system's");
  command.add_option("--token", options.token, "File with the token of a provisioner or manager");
  command.add_flag("--insecure-http", options.insecure_http, "Allow plain HTTP to another machine");
}

Result<client::Provisioning> provisioning_from(const ProvisioningOptions& options) {
  client::Provisioning where;
  where.url = options.to;
  if (!options.ca.empty()) where.http.ca_file = options.ca;
  where.http.allow_insecure_http = options.insecure_http;
  if (!options.token.empty()) {
    TRY(SecretBytes token, read_token_file(options.token));
    where.token = std::move(token);
  }
  return where;
}

}  // namespace credence::cli
