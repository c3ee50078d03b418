// What `credence verifier` does beside running.
#pragma once

#include "cli/verb.h"

namespace credence::cli {

void add_audit(CommandLine& line, CLI::App* verifier);
void add_backup(CommandLine& line, CLI::App* verifier);
void add_check_config(CommandLine& line, CLI::App* verifier);
void add_restore(CommandLine& line, CLI::App* verifier);

}  // namespace credence::cli
