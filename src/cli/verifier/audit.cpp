// credence verifier audit: whether an audit log is what was written.
#include "service/audit/log.h"

#include <filesystem>
#include <format>
#include <memory>
#include <string>
#include <vector>

#include "cli/verifier/subcommands.h"

namespace credence::cli {
namespace {

struct Options {
  std::vector<std::filesystem::path> files;
};

Result<ExitStatus> audit(const Options& options, const Output& output) {
  TRY(const service::audit::Verified log, service::audit::verify(options.files));
  if (output.as_json()) {
    output.facts({{"lines", log.lines},
                  {"first", log.start.sequence + 1},
                  {"last", log.end.sequence},
                  {"follows", log.start.digest},
                  {"digest", log.end.digest}});
    return ExitStatus::done;
  }
  output.line(std::format("{} lines, {} to {}: none was altered, put in or taken out", log.lines,
                          log.start.sequence + 1, log.end.sequence));
  if (log.start.sequence != 0)
    output.line(std::format("they follow line {} with the digest {}", log.start.sequence, log.start.digest));
  output.line("the last one has the digest " + log.end.digest);
  return ExitStatus::done;
}

}  // namespace

void add_audit(CommandLine& line, CLI::App* verifier) {
  auto* command = verifier->add_subcommand("audit", "Check the chain of an audit log");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->files, "As --audit-log names it; after rotations all parts, oldest first")
      ->required();
  on_call(line, command, options, audit);
}

}  // namespace credence::cli
