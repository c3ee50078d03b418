// credence appraise: the verifier's engine over files, without a network.
#include <memory>

#include "cli/explain/report.h"
#include "cli/inspect/describe.h"
#include "cli/offline_appraisal.h"
#include "cli/verb.h"

namespace credence::cli {
namespace {

struct Options : OfflineOptions {
  bool trace = false;
};

void show(const rats::Ear& ear, bool trace, const Output& output) {
  if (output.as_json()) return output.facts(rats::ear_to_json(ear));
  if (!trace) return output.facts(describe_ear(ear));
  std::string text = explanation_text({.ear = ear, .signature = SignatureState::own, .now = ear.issued_at});
  text.pop_back();
  output.line(text);
}

Result<ExitStatus> appraise(const Options& options, const Output& output) {
  TRY(OfflineAppraisal appraisal, prepare(options));
  appraisal.request.trace = options.trace;
  TRY(const rats::Ear ear, appraisal.engine().appraise(appraisal.request));
  show(ear, options.trace, output);
  return ear.is_affirming() ? ExitStatus::done : ExitStatus::refused;
}

}  // namespace

void add_appraise(CommandLine& line) {
  auto* command = line.app.add_subcommand("appraise", "Appraise evidence from a file, without a network");
  auto options = std::make_shared<Options>();
  add_offline_options(*command, *options);
  command->add_flag("--trace", options->trace, "Show what was compared, and with which CoRIM; see credence explain");
  on_call(line, command, options, appraise);
}

}  // namespace credence::cli
