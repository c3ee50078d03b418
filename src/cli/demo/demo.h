#pragma once

#include "cli/verb.h"

namespace credence::cli {

// The dishonest clients of the demo: a verb of its own, because each is a process.
void add_demo_attacker(CommandLine& line);

}  // namespace credence::cli
