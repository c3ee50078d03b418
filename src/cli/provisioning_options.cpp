#include "cli/provisioning_options.h"

#include <utility>

#include "cli/files.h"

namespace credence::cli {
namespace {

Result<SecretBytes> read_token(const std::string& file) {
  TRY(Bytes content, read_file(file, 4'096));
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
  SecretBytes token(content);
  cleanse(content);
  if (token.empty()) return fail_in(Errc::configuration, file, "the token file is empty");
  return token;
}

}  // namespace

void add_provisioning_options(CLI::App& command, ProvisioningOptions& options) {
  command.add_option("--to", options.to, "URL of the verifier")->required();
  command.add_option("--ca", options.ca, "CA of the verifier's certificate, PEM; default: the system's");
  command.add_option("--token", options.token, "File with the provisioning token");
  command.add_flag("--insecure-http", options.insecure_http, "Allow plain HTTP to another machine");
}

Result<client::Provisioning> provisioning_from(const ProvisioningOptions& options) {
  client::Provisioning where;
  where.url = options.to;
  if (!options.ca.empty()) where.http.ca_file = options.ca;
  where.http.allow_insecure_http = options.insecure_http;
  if (!options.token.empty()) {
    TRY(SecretBytes token, read_token(options.token));
    where.token = std::move(token);
  }
  return where;
}

}  // namespace credence::cli
