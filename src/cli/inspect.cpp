// credence inspect FILE: any file of ours, readable. Nothing is verified.
#include <string>

#include "cli/files.h"
#include "cli/inspect/describe.h"
#include "cli/verb.h"

namespace credence::cli {
namespace {

struct Options {
  std::string file;
};

Result<ExitStatus> inspect(const Options& options, const Output& output) {
  TRY(const Bytes content, read_file(options.file));
  auto facts = describe(content);
  if (!facts) return within(options.file, std::move(facts).error());
  output.facts(*facts);
  return ExitStatus::done;
}

}  // namespace

void add_inspect(CommandLine& line) {
  auto* command = line.app.add_subcommand(
      "inspect",
      "Show a CMW, evidence, a CoRIM, CoSERV, a result, a TPM structure, a certificate or a key; nothing is verified");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->file, "The file")->required();
  on_call(line, command, options, inspect);
}

}  // namespace credence::cli
