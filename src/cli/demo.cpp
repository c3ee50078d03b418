// credence demo: an attested connection between real processes, then four that are refused.
#include <array>
#include <format>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "cli/demo/demo.h"
#include "cli/demo/laboratory.h"
#include "cli/demo/timeline.h"
#include "cli/verb.h"

namespace credence::cli {
namespace {

struct Options {
  std::string scenario = "attest";
  bool resident_memory = false;
};

constexpr std::string_view kPicture = R"(
   client (attester)                    server (relying party)               verifier
   TPM: TLS key, attestation key        demands evidence of one device       endorsements, PCR values
        |                                      |                                  |
        |--- ClientHello: "I can attest" ----->|                                  |
        |<-- ServerHello ... CertificateRequest: "do, as TPM evidence" ---|       |
        |                                      |                                  |
   binder = f(ClientHello..ServerHello, TLS key)                                  |
   TPM certifies the TLS key, quotes PCRs,     |                                  |
   both over the binder                        |                                  |
        |--- Certificate + evidence ---------->|                                  |
        |                               same binder? same key?                    |
        |                                      |--- evidence, nonce = binder ---->|
        |                                      |<-- signed result: affirming -----|
        |--- CertificateVerify, Finished ----->|                                  |
        |                                   the gate opens                        |
        |<========= application data =========>|                                  |
)";

std::string text_at(const json::Object& facts, std::string_view member) {
  const auto* value = facts.if_contains(member);
  if (value == nullptr) return "unknown";
  return value->is_string() ? std::string(std::string_view(value->as_string())) : json::to_text(*value);
}

void show_verdict(const Timeline& timeline, std::string_view actor, const json::Object& facts) {
  timeline.event(actor,
                 std::format("verdict {}: binding {}, freshness {}, pinned by {}", text_at(facts, "verdict"),
                             text_at(facts, "binding"), text_at(facts, "freshness"), text_at(facts, "pinned by")));
  timeline.detail(std::format("instance {}", text_at(facts, "instance")));
  if (text_at(facts, "software TPM") == "true") {
    timeline.detail("software TPM: it proves the plumbing, not the machine");
  }
}

std::vector<std::string> connect_arguments(const Laboratory& laboratory, const Machine& client) {
  std::vector<std::string> arguments{"connect", laboratory.server_address(), "--attest"};
  std::ranges::copy(client.tpm_options(), std::back_inserter(arguments));
  return arguments;
}

// The client's connection and what both ends know of it.
Result<void> connect_honestly(Laboratory& laboratory, const Timeline& timeline, std::vector<std::string> arguments,
                              bool client_demands) {
  timeline.event("client", "connects; the TPM signs over this very handshake");
  TRY(const auto client, laboratory.run(std::move(arguments)));
  TRY(const json::Object seen, laboratory.next_connection());
  if (client.status != 0 || text_at(seen, "verdict") != "affirming") {
    return laboratory.failed(Errc::not_affirming, "the honest connection was refused: " + json::to_text(seen));
  }
  show_verdict(timeline, "server", seen);
  timeline.detail(std::format("{} with {}, {} ms from accept to verdict", text_at(seen, "cipher suite"),
                              text_at(seen, "group"), text_at(seen, "milliseconds")));
  if (client_demands) show_verdict(timeline, "client", client.facts);
  timeline.event("client", "sent a greeting and got it back: data flows only now");
  return {};
}

struct Attack {
  std::string_view kind;
  std::string_view story;
  bool succeeds_first;  // an honest connection comes first, whose evidence is recorded
};

constexpr std::array<Attack, 4> kAttacks = {{
    {"extended-pcr", "PCR 1 is extended after endorsement: the machine booted something else", false},
    {"replay", "evidence of one connection is recorded and shown again in the next", true},
    {"software-key", "the TLS key was made in software; the TPM's evidence speaks of another key", false},
    {"no-attestation", "a client that offers no attestation", false},
}};

// Success is that the server refused.
Result<void> attack(Laboratory& laboratory, const Timeline& timeline, const Machine& victim, const Attack& attack) {
  TRY(const Machine machine, laboratory.copy(victim, std::string(attack.kind)));
  std::vector<std::string> arguments{"demo-attacker",
                                     std::string(attack.kind),
                                     "--to",
                                     laboratory.server_address(),
                                     "--server-certificate",
                                     laboratory.server_certificate().string()};
  std::ranges::copy(machine.tpm_options(), std::back_inserter(arguments));
  TRY(const auto attacker, laboratory.run(std::move(arguments)));
  if (attack.succeeds_first) {
    TRY(const json::Object recorded, laboratory.next_connection());
    if (text_at(recorded, "verdict") != "affirming") {
      return laboratory.failed(Errc::internal, "nothing was recorded: " + json::to_text(recorded));
    }
  }
  TRY(const json::Object seen, laboratory.next_connection());
  if (attacker.status == 0 || text_at(seen, "verdict") != "refused") {
    return laboratory.failed(Errc::internal,
                             std::format("the attack {} was NOT refused: {}", attack.kind, json::to_text(seen)));
  }
  timeline.event("attacker", attack.story);
  timeline.event("server", std::format("REFUSED, {}", text_at(seen, "reason")));
  return {};
}

// VmHWM of a process, for the benchmarks.
std::string most_resident_memory(pid_t pid) {
  std::ifstream status(std::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return line.substr(line.find_first_not_of(" \t", 6));
  }
  return "unknown";
}

Result<void> run_attest(const Timeline& timeline, const Options& options, const Output& output) {
  TRY(Laboratory laboratory, Laboratory::open(timeline));
  TRY(const Machine client, laboratory.endorse("client"));
  CHECK(laboratory.serve(client, nullptr));
  auto arguments = connect_arguments(laboratory, client);
  arguments.insert(arguments.end(), {"--peer-ca", laboratory.server_certificate().string()});
  CHECK(connect_honestly(laboratory, timeline, std::move(arguments), false));
  timeline.heading("Four that are refused");
  for (const Attack& one : kAttacks) CHECK(attack(laboratory, timeline, client, one));
  if (options.resident_memory) {
    output.facts({{"event", "memory"}, {"verifier most resident", most_resident_memory(laboratory.verifier_pid())}});
  }
  return {};
}

Result<void> run_mutual(const Timeline& timeline) {
  TRY(Laboratory laboratory, Laboratory::open(timeline));
  TRY(const Machine client, laboratory.endorse("client"));
  TRY(const Machine server, laboratory.endorse("server"));
  CHECK(laboratory.serve(client, &server));
  auto arguments = connect_arguments(laboratory, client);
  arguments.insert(arguments.end(), {"--require", "--peer-instance", server.instance});
  std::ranges::copy(laboratory.verifier_options(), std::back_inserter(arguments));
  return connect_honestly(laboratory, timeline, std::move(arguments), true);
}

Result<ExitStatus> demo(const Options& options, const Output& output) {
  const Timeline timeline(output);
  const bool mutual = options.scenario == "mutual";
  timeline.heading(mutual ? "Credence: both ends prove what they are, inside one TLS 1.3 handshake"
                          : "Credence: a client with a TPM proves what it is, inside the TLS 1.3 handshake");
  if (!mutual) timeline.picture(kPicture);
  CHECK(mutual ? run_mutual(timeline) : run_attest(timeline, options, output));
  output.line("\nEverything above ran as real processes on loopback. Next: README.md, or credence --help");
  return ExitStatus::done;
}

}  // namespace

void add_demo(CommandLine& line) {
  auto* command = line.app.add_subcommand("demo", "Show an attested connection and four refusals, on this machine");
  auto options = std::make_shared<Options>();
  command->add_option("SCENARIO", options->scenario, "attest: the client attests (default); mutual: both do")
      ->check(CLI::IsMember({"attest", "mutual"}));
  command->add_flag("--resident-memory", options->resident_memory, "Also print the most memory that the verifier took");
  on_call(line, command, options, demo);
  add_demo_attacker(line);
}

}  // namespace credence::cli
