// How a verb plugs into the command line: it adds its options to a subcommand and names what runs.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "base/result.h"
#include "cli/exit_status.h"
#include "cli/output.h"

namespace credence::cli {

// What every verb shares. Lives as long as the command line.
struct CommandLine {
  CLI::App& app;
  bool json = false;
  ExitStatus status = ExitStatus::done;
};

// Runs `verb` with its options when the subcommand was given, and turns an Error into message and exit status. Of a
// subcommand within a subcommand only the inner one runs.
template <typename Options>
void on_call(CommandLine& line, CLI::App* command, std::shared_ptr<Options> options,
             Result<ExitStatus> (*verb)(const Options&, const Output&)) {
  command->callback([&line, command, options = std::move(options), verb] {
    if (!command->get_subcommands().empty()) return;
    const Output output(line.json);
    const auto status = verb(*options, output);
    line.status = status ? *status : output.error(status.error());
  });
}

void add_appraise(CommandLine& line);
void add_bundle(CommandLine& line);
void add_completion(CommandLine& line);
void add_connect(CommandLine& line);
void add_demo(CommandLine& line);
void add_doctor(CommandLine& line);
void add_endorse(CommandLine& line);
void add_explain(CommandLine& line);
void add_inspect(CommandLine& line);
void add_policy(CommandLine& line);
void add_provision(CommandLine& line);
void add_revoke(CommandLine& line);
void add_serve(CommandLine& line);
void add_sign(CommandLine& line);
void add_verifier(CommandLine& line);

}  // namespace credence::cli
