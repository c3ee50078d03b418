// credence verifier audit: whether an audit log is what was written.
#include "service/audit/log.h"

#include <cstdint>
#include <filesystem>
#include <format>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/verifier/subcommands.h"

namespace credence::cli {
namespace {

struct Options {
  std::vector<std::filesystem::path> files;
};

using service::audit::Verified;

// What is known about the end: nothing in the lines themselves says which of them is the last.
std::string_view end_of(const Verified& log) noexcept {
  if (!log.head) return "unknown";
  return log.head == log.end ? "named" : "behind";
}

void print_facts(const Verified& log, const Output& output) {
  json::Object facts{{"lines", log.lines},          {"first", log.start.sequence + 1}, {"last", log.end.sequence},
                     {"follows", log.start.digest}, {"digest", log.end.digest},        {"end", end_of(log)}};
  if (log.head) facts["head"] = log.head->sequence;
  output.facts(facts);
}

std::string about_the_end(const Verified& log, const std::string& head) {
  const std::uint64_t last = log.end.sequence;
  if (!log.head)
    return std::format(
        "nothing says whether lines after {} were removed, or that one altered: no head in {}. Name the "
        "files after this one too, or compare with a copy",
        last, head);
  if (log.head == log.end) return std::format("{} names line {}: none is missing at the end", head, last);
  return std::format(
      "{} names line {}: none is missing up to there; nothing says whether lines after {} were removed. "
      "A verifier that runs, or was killed, leaves its head behind by a second at most",
      head, log.head->sequence, last);
}

void print_lines(const Verified& log, const std::string& head, const Output& output) {
  if (log.lines == 0)
    return output.line(log.head ? std::format("no line, and {} names none: none was written", head)
                                : std::format("no line, and no head in {}: nothing is shown", head));
  output.line(std::format("the chain is whole from line {} to {}: each of the {} lines fits the one before it",
                          log.start.sequence + 1, log.end.sequence, log.lines));
  output.line(about_the_end(log, head));
  if (log.start.sequence != 0)
    output.line(std::format("they follow line {} with the digest {}, which is not in these files", log.start.sequence,
                            log.start.digest));
  output.line("the last one has the digest " + log.end.digest);
}

// Done only when the head vouches for the end: without it a log whose end was cut off looks like a whole one.
Result<ExitStatus> audit(const Options& options, const Output& output) {
  TRY(const Verified log, service::audit::verify(options.files));
  if (output.as_json()) {
    print_facts(log, output);
  } else {
    print_lines(log, service::audit::head_of(options.files.back()).string(), output);
  }
  return log.head ? ExitStatus::done : ExitStatus::undecided;
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
