// credence provision: submits CoRIMs to a verifier.
#include <format>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/files.h"
#include "cli/provisioning_options.h"
#include "cli/verb.h"
#include "client/provision.h"

namespace credence::cli {
namespace {

struct Options : ProvisioningOptions {
  std::vector<std::string> files;
};

// The error's own path is a member of the CoRIM or the URL that answered: neither is a path below the file.
Error about_file(const std::string& file, Error error) {
  if (!error.path.empty()) error.why = std::format("{}: {}", error.path, error.why);
  error.path = file;
  return error;
}

Result<ExitStatus> provision(const Options& options, const Output& output) {
  TRY(const client::Provisioning where, provisioning_from(options));
  ExitStatus status = ExitStatus::done;
  for (const auto& file : options.files) {
    TRY(const Bytes corim, read_file(file));
    auto outcome = client::provision(corim, where);
    if (!outcome) return std::unexpected(about_file(file, std::move(outcome).error()));
    json::Object facts{{"file", file}, {"outcome", outcome->success ? "stored" : "refused"}};
    if (outcome->duplicate) facts["outcome"] = "already there";
    if (!outcome->success) {
      facts["reason"] = outcome->failure_reason;
      status = ExitStatus::refused;
    }
    output.facts(facts);
  }
  return status;
}

}  // namespace

void add_provision(CommandLine& line) {
  auto* command = line.app.add_subcommand("provision", "Submit endorsements and reference values to a verifier");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->files, "CoRIMs, signed or not")->required();
  add_provisioning_options(*command, *options);
  on_call(line, command, options, provision);
}

}  // namespace credence::cli
