// credence policy: policies of a verifier: tried without a network, given to it, listed.
#include <filesystem>
#include <format>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/files.h"
#include "cli/offline_appraisal.h"
#include "cli/provisioning_options.h"
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

Result<client::Management> management(const ProvisioningOptions& options) {
  TRY(client::Provisioning given, provisioning_from(options));
  given.http.max_response = 64 << 20;
  return client::Management{
      .url = std::move(given.url), .http = std::move(given.http), .token = std::move(given.token)};
}

struct ApplyOptions : ProvisioningOptions {
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
  add_provisioning_options(*command, *options);
  on_call(line, command, options, apply);
}

struct ListOptions : ProvisioningOptions {
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
  add_provisioning_options(*command, *options);
  on_call(line, command, options, list);
}

// --- activate, deactivate and remove ---

struct VersionOptions : ListOptions {
  std::string id;
};

Result<ExitStatus> activate(const VersionOptions& options, const Output& output) {
  TRY(const client::Management where, management(options));
  CHECK(client::activate_policy(where, options.scheme, options.id));
  output.facts({{"policy", options.id}, {"scheme", options.scheme}, {"outcome", "active"}});
  return ExitStatus::done;
}

Result<ExitStatus> deactivate(const ListOptions& options, const Output& output) {
  TRY(const client::Management where, management(options));
  CHECK(client::deactivate_policies(where, options.scheme));
  output.facts({{"scheme", options.scheme}, {"outcome", "no policy in force"}});
  return ExitStatus::done;
}

Result<ExitStatus> remove(const VersionOptions& options, const Output& output) {
  TRY(const client::Management where, management(options));
  CHECK(client::remove_policy(where, options.scheme, options.id));
  output.facts({{"policy", options.id}, {"scheme", options.scheme}, {"outcome", "removed"}});
  return ExitStatus::done;
}

template <typename Options, typename Run>
CLI::App* add_for_scheme(CommandLine& line, CLI::App& policy, const std::string& name, const std::string& help,
                         const std::shared_ptr<Options>& options, Run run) {
  auto* command = policy.add_subcommand(name, help);
  command->add_option("--scheme", options->scheme, "The scheme, such as PARSEC_TPM")->required();
  add_provisioning_options(*command, *options);
  on_call(line, command, options, run);
  return command;
}

void add_changes(CommandLine& line, CLI::App& policy) {
  const auto given = [&](const std::string& name, const std::string& help, auto run) {
    auto options = std::make_shared<VersionOptions>();
    add_for_scheme(line, policy, name, help, options, run)
        ->add_option("UUID", options->id, "The version, as list shows it")
        ->required();
  };
  given("activate", "Put a version that is stored in force, in place of the one that is", activate);
  add_for_scheme(line, policy, "deactivate", "Have no policy in force for a scheme", std::make_shared<ListOptions>(),
                 deactivate);
  given("remove", "Delete a version that is not in force", remove);
}

}  // namespace

void add_policy(CommandLine& line) {
  auto* command = line.app.add_subcommand("policy", "Try, store, list and withdraw the policies of a verifier");
  command->require_subcommand(1);
  add_test(line, *command);
  add_apply(line, *command);
  add_list(line, *command);
  add_changes(line, *command);
}

}  // namespace credence::cli
