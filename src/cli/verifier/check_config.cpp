// credence verifier check-config: what a configuration would do, before it does it.
#include "service/verifier/check_config.h"

#include <format>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cli/verifier/subcommands.h"

namespace credence::cli {
namespace {

struct Options {
  std::string file;
  bool probe = false;
  bool show = false;
};

std::string_view name(service::Severity severity) {
  return severity == service::Severity::problem ? "problem" : "warning";
}

json::Object as_json(const service::Finding& finding) {
  json::Object members{{"severity", name(finding.severity)}, {"what", finding.what}};
  if (!finding.key.empty()) members["key"] = finding.key;
  if (finding.where.line != 0) {
    members["line"] = finding.where.line;
    members["column"] = finding.where.column;
  }
  return members;
}

// FILE:LINE:COLUMN as editors jump to it.
std::string as_line(const std::string& file, const service::Finding& finding) {
  const std::string where =
      finding.where.line != 0 ? std::format(":{}:{}", finding.where.line, finding.where.column) : std::string();
  return std::format("{}{}: {}: {}", file, where, name(finding.severity), printable(finding.what));
}

Result<ExitStatus> check_config(const Options& options, const Output& output) {
  const auto probe = options.probe ? service::StoreProbe::connect : service::StoreProbe::none;
  TRY(const service::ConfigReport report, service::check_config(options.file, probe, system_clock()->now()));
  if (output.as_json()) {
    json::Array findings;
    for (const service::Finding& finding : report.findings) findings.emplace_back(as_json(finding));
    json::Object facts{{"usable", report.usable()}, {"findings", std::move(findings)}};
    if (options.show) facts["configuration"] = service::to_toml(report.config);
    output.facts(facts);
  } else {
    for (const service::Finding& finding : report.findings) output.line(as_line(options.file, finding));
    output.line(report.usable() ? "usable" : "not usable");
    if (options.show) output.line(service::to_toml(report.config));
  }
  return report.usable() ? ExitStatus::done : ExitStatus::usage;
}

}  // namespace

void add_check_config(CommandLine& line, CLI::App* verifier) {
  auto* command = verifier->add_subcommand("check-config", "Check a configuration file and all that it names");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->file, "TOML, as --config takes it")->required();
  command->add_flag("--probe", options->probe, "Also ask the store whether it can be opened; nothing is changed");
  command->add_flag("--show", options->show, "Print the configuration in force, defaults included, no secrets");
  on_call(line, command, options, check_config);
}

}  // namespace credence::cli
