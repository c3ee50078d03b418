// The `credence` command: one file per verb.
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>
#include <utility>

#include "cli/verb.h"
#include "cli/version.h"

namespace credence::cli {
namespace {

constexpr auto kDescription =
    "Attested TLS: a peer proves what it booted and that its hardware holds this TLS key for this connection, a "
    "verifier appraises that, and only then does data flow.";

constexpr auto kFooter =
    "Exit status: 0 affirming or done, 1 refused or not affirming, 2 usage, 3 could not be decided (verifier or device "
    "unreachable).\nFirst steps: credence demo. Manual: man credence.";

// Prints help, the version or the complaint. Programs that said --json get the complaint as JSON too: the command line
// was not read to its end, so what it says is looked up in the words themselves.
int finish(const CLI::App& app, const CLI::ParseError& error, std::span<char*> words) {
  const bool complains = error.get_exit_code() != 0;
  if (complains && std::ranges::contains(words, std::string_view("--json"))) {
    return std::to_underlying(Output(true).error({.code = Errc::usage, .why = error.what()}));
  }
  app.exit(error);
  return std::to_underlying(complains ? ExitStatus::usage : ExitStatus::done);
}

int run(int argc, char** argv) {
  CLI::App app(kDescription, "credence");
  CommandLine line{.app = app};
  app.set_version_flag("--version", std::string("credence ") + kVersion);
  app.add_flag("--json", line.json, "Write JSON for programs instead of text");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kFooter);
  add_demo(line);
  add_serve(line);
  add_connect(line);
  add_verifier(line);
  add_endorse(line);
  add_sign(line);
  add_provision(line);
  add_policy(line);
  add_revoke(line);
  add_appraise(line);
  add_bundle(line);
  add_inspect(line);
  add_explain(line);
  add_doctor(line);
  add_completion(line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return finish(app, error, {argv, static_cast<std::size_t>(argc)});
  }
  return std::to_underlying(line.status);
}

}  // namespace
}  // namespace credence::cli

int main(int argc, char** argv) {
  prctl(PR_SET_DUMPABLE, 0);  // no core file: it would hold authorization values
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return credence::cli::run(argc, argv);
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "credence: internal error: %s\n", bug.what());
    return std::to_underlying(credence::cli::ExitStatus::undecided);
  }
}
