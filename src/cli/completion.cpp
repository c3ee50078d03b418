// credence completion: a bash completion script made from the command line itself, so that it cannot lag behind.
#include <cstdio>
#include <format>
#include <set>
#include <string>
#include <vector>

#include "cli/verb.h"

namespace credence::cli {
namespace {

// The long options of the commands, each once: --help is an option of them all.
std::string words_of(const std::vector<const CLI::App*>& commands) {
  std::set<std::string> names;
  for (const CLI::App* command : commands) {
    for (const CLI::Option* option : command->get_options()) {
      const auto& own = option->get_lnames();
      names.insert(own.begin(), own.end());
    }
  }
  std::string words;
  for (const std::string& name : names) words += "--" + name + " ";
  return words;
}

bool is_hidden(const CLI::App& command) { return command.get_group().empty(); }

std::string script_for(const CLI::App& app) {
  std::string verbs;
  std::string cases;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (is_hidden(*command)) continue;
    verbs += command->get_name() + " ";
    std::vector<const CLI::App*> commands{command, &app};
    std::string inner;
    for (const CLI::App* subcommand : command->get_subcommands({})) {
      commands.push_back(subcommand);
      inner += subcommand->get_name() + " ";
    }
    cases += std::format("    {}) words=\"{}{}\" ;;\n", command->get_name(), inner, words_of(commands));
  }
  return std::format(R"(# bash completion for credence: source <(credence completion)
_credence() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words
  case ${{COMP_WORDS[1]}} in
{}    *) words="{}{}" ;;
  esac
  if [[ $current == -* || $COMP_CWORD -eq 1 ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "${{words//--*/}}" -f -- "$current")
  fi
}}
complete -o filenames -F _credence credence
)",
                     cases, verbs, words_of({&app}));
}

}  // namespace

void add_completion(CommandLine& line) {
  auto* command = line.app.add_subcommand("completion", "Print a completion script for bash");
  command->callback([&line] { std::fputs(script_for(line.app).c_str(), stdout); });
}

}  // namespace credence::cli
