// credence policy: policies of a verifier: tried without a network, given to it, listed.
#include <filesystem>
#include <format>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/files.h"
#include "cli/offline_appraisal.h"
#include "cli/token_file.h"
#include "cli/verb.h"
#include "client/management.h"
#include "crypto/random.h"
#include "service/policy/dry_run.h"
#include "service/policy/opa_language.h"
#include "service/policy/peer_names.h"
#include "verifier/policy/lua/language.h"
#include "verifier/scheme/scheme.h"

namespace credence::cli {
namespace {

// --- test ---

struct TestOptions : OfflineOptions {
  std::string rules;
  std::string peer;
  std::vector<std::string> names;
  bool grant_raise = false;
};

Result<std::shared_ptr<const verifier::Policies>> policies_for(const TestOptions& options,
                                                               std::shared_ptr<verifier::Store> store) {
  TRY(json::Object names, service::peer_names(options.names));
  return std::make_shared<const verifier::Policies>(
      verifier::Policies::Parts{.store = std::move(store),
                                .languages = {verifier::lua_language(system_clock())},
                                .clock = system_clock(),
                                .random = crypto::system_random(),
                                .names = std::move(names)});
}

Result<ExitStatus> test(const TestOptions& options, const Output& output) {
  TRY(std::string rules, read_text_file(options.rules));
  TRY(OfflineAppraisal appraisal, prepare(options));
  TRY(const auto policies, policies_for(options, appraisal.store));
  const verifier::Scheme* const scheme = verifier::find_scheme(appraisal.request.media_type);
  auto policy = policies->try_out({.scheme = std::string(scheme->name()),
                                   .name = std::filesystem::path(options.rules).stem().string(),
                                   .type = "lua",
                                   .rules = std::move(rules),
                                   .may_raise = options.grant_raise});
  if (!policy) return within(options.rules, std::move(policy).error());
  appraisal.request.peer = options.peer;
  TRY(const verifier::PolicyTrial trial, appraisal.engine(policies).try_policy(appraisal.request, *policy));
  output.facts(service::trial_to_json(trial));
  return trial.after.is_affirming() ? ExitStatus::done : ExitStatus::refused;
}

void add_test(CommandLine& line, CLI::App& policy) {
  auto* command = policy.add_subcommand("test", "Try a policy in Lua on evidence from a file, without a network");
  auto options = std::make_shared<TestOptions>();
  command->add_option("RULES", options->rules, "The policy, in Lua")->required();
  add_offline_options(*command, *options);
  command->add_option("--peer", options->peer, "The name that a relying party gives, as policies see it");
  command->add_option("--peer-name", options->names, "NAME=INSTANCE,...: what policies see as names; repeatable");
  command->add_flag("--grant-raise", options->grant_raise,
                    "Let it raise a verdict, as if it were stored with the grant");
  on_call(line, command, options, test);
}

// --- apply and list ---

struct Where {
  std::string to;
  std::string ca;
  std::string token;
  bool insecure_http = false;
};

void add_where(CLI::App& command, Where& where) {
  command.add_option("--to", where.to, "URL of the verifier")->required();
  command.add_option("--ca", where.ca, "CA of the verifier's certificate, PEM; default: the system's");
  command.add_option("--token", where.token, "File with the token of a manager");
  command.add_flag("--insecure-http", where.insecure_http, "Allow plain HTTP to another machine");
}

Result<client::Management> management(const Where& options) {
  client::Management where;
  where.url = options.to;
  if (!options.ca.empty()) where.http.ca_file = options.ca;
  where.http.allow_insecure_http = options.insecure_http;
  where.http.max_response = 64 << 20;
  if (!options.token.empty()) {
    TRY(SecretBytes token, read_token_file(options.token));
    where.token = std::move(token);
  }
  return where;
}

struct ApplyOptions : Where {
  std::string rules;
  std::string scheme;
  std::string name;
  bool grant_raise = false;
};

Result<std::string> media_type_of(const std::filesystem::path& rules) {
  if (rules.extension() == ".lua") return std::string(verifier::kLuaRules);
  if (rules.extension() == ".rego") return std::string(service::kRegoRules);
  return fail_in(Errc::usage, rules.string(), "expected a file whose name ends with .lua or .rego");
}

Result<ExitStatus> apply(const ApplyOptions& options, const Output& output) {
  TRY(std::string media_type, media_type_of(options.rules));
  TRY(std::string rules, read_text_file(options.rules));
  TRY(const client::Management where, management(options));
  TRY(const json::Object version, client::create_policy(where, {.scheme = options.scheme,
                                                                .name = options.name,
                                                                .media_type = std::move(media_type),
                                                                .rules = std::move(rules),
                                                                .grant_raise = options.grant_raise}));
  TRY(const std::string_view id, json::required_text(version, "uuid"));
  // A verifier that knows no grants would take the policy without: say that it will refuse what the policy raises.
  if (options.grant_raise && !version.contains("grant"))
    output.line("WARNING: this verifier does not say that it gave the grant to raise");
  CHECK(client::activate_policy(where, options.scheme, id));
  output.facts({{"policy", id}, {"scheme", options.scheme}, {"outcome", "active"}});
  return ExitStatus::done;
}

void add_apply(CommandLine& line, CLI::App& policy) {
  auto* command = policy.add_subcommand("apply", "Store a policy at a verifier and put it in force");
  auto options = std::make_shared<ApplyOptions>();
  command->add_option("RULES", options->rules, "The policy: FILE.lua or, for a verifier with an OPA, FILE.rego")
      ->required();
  command->add_option("--scheme", options->scheme, "The scheme that it is for, such as PARSEC_TPM")->required();
  command->add_option("--name", options->name, "What results call it; default: default");
  command->add_flag("--grant-raise", options->grant_raise,
                    "Let it raise a verdict; every result that it raised says so");
  add_where(*command, *options);
  on_call(line, command, options, apply);
}

struct ListOptions : Where {
  std::string scheme;
};

Result<ExitStatus> list(const ListOptions& options, const Output& output) {
  TRY(const client::Management where, management(options));
  TRY(const auto policies, client::list_policies(where, options.scheme));
  if (output.as_json()) {
    json::Array all;
    for (const json::Object& policy : policies) all.emplace_back(policy);
    output.facts({{"policies", std::move(all)}});
    return ExitStatus::done;
  }
  if (policies.empty()) output.line(std::format("no policies for {}", options.scheme));
  for (json::Object policy : policies) {
    policy.erase("rules");
    output.facts(policy);
    output.line("");
  }
  return ExitStatus::done;
}

void add_list(CommandLine& line, CLI::App& policy) {
  auto* command = policy.add_subcommand("list", "List the policies of a scheme, oldest first");
  auto options = std::make_shared<ListOptions>();
  command->add_option("--scheme", options->scheme, "The scheme, such as PARSEC_TPM")->required();
  add_where(*command, *options);
  on_call(line, command, options, list);
}

}  // namespace

void add_policy(CommandLine& line) {
  auto* command = line.app.add_subcommand("policy", "Try, store and list the policies of a verifier");
  command->require_subcommand(1);
  add_test(line, *command);
  add_apply(line, *command);
  add_list(line, *command);
}

}  // namespace credence::cli
