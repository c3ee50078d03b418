// credence bundle: endorsements and reference values for a relying party without a network.
#include <format>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/local/edge_parts.h"
#include "api/local/policies.h"
#include "base/clock.h"
#include "cli/bundle/content.h"
#include "cli/bundle/environment.h"
#include "cli/files.h"
#include "cli/option_value.h"
#include "cli/verb.h"
#include "cli/verifier_choice.h"
#include "edge/bundle_maker.h"
#include "verifier/scheme/scheme.h"

namespace credence::cli {
namespace {

struct Keys {
  std::vector<std::string> files;
  std::string jwks;
  std::string ca;
};

void add_keys(CLI::App& command, Keys& keys) {
  command.add_option("--verifier-key", keys.files, "Public key of the verifier's results, PEM; repeatable");
  command.add_option("--verifier-jwks", keys.jwks,
                     "JWK set of its keys: a file or https://HOST:PORT/.well-known/jwks.json");
  command.add_option("--verifier-ca", keys.ca, "CA of the verifier's certificate, PEM");
}

struct CreateOptions {
  std::string verifier;
  Keys keys;
  std::string token;
  bool insecure_http = false;
  std::string scheme = "PARSEC_TPM";
  std::vector<std::string> classes;
  std::vector<std::string> instances;
  bool all_instances = false;
  std::vector<std::string> policies;  // SCHEME=FILE
  std::string output;
};

Result<const verifier::Scheme*> scheme_from(const std::string& name) {
  std::string known;
  for (const verifier::Scheme* scheme : verifier::schemes()) {
    if (scheme->name() == name) return scheme;
    known += (known.empty() ? "" : ", ") + std::string(scheme->name());
  }
  return fail(Errc::usage, std::format("--scheme: expected one of {}, got \"{}\"", known, name));
}

Result<edge::BundleSubject> subject_from(const CreateOptions& options) {
  edge::BundleSubject subject{.all_instances = options.all_instances};
  TRY(subject.scheme, scheme_from(options.scheme));
  for (const std::string& text : options.classes) {
    TRY(rats::Class named, option_value("--class", class_from(text)));
    subject.classes.push_back(std::move(named));
  }
  for (const std::string& text : options.instances) {
    TRY(rats::TaggedBytes named, option_value("--instance", identifier_from(text)));
    subject.instances.push_back(std::move(named));
  }
  if (subject.classes.empty() && subject.instances.empty())
    return fail(Errc::usage, "expected --class or --instance: the environments that the bundle is for");
  return subject;
}

Result<std::shared_ptr<client::CoservClient>> client_of(const CreateOptions& options) {
  if (options.keys.files.empty() && options.keys.jwks.empty())
    return fail(Errc::usage,
                "expected --verifier-key FILE (the verifier's FILE.pub) or --verifier-jwks: nothing else "
                "says whose results to believe");
  EdgeVerifierOptions made;
  made.url = options.verifier;
  made.keys.assign(options.keys.files.begin(), options.keys.files.end());
  made.key_set = options.keys.jwks;
  if (!options.keys.ca.empty()) made.ca_file = options.keys.ca;
  if (!options.token.empty()) made.token = options.token;
  made.allow_insecure_http = options.insecure_http;
  TRY(client::CoservService service, coserv_service(made));
  return client::coserv_client(std::move(service), system_clock());
}

Result<ExitStatus> create(const CreateOptions& options, const Output& output) {
  TRY(edge::BundleSubject subject, subject_from(options));
  TRY(const auto files, local_policies(options.policies));
  TRY(const auto policies, policies_of(files));
  TRY(const auto client, client_of(options));
  TRY(const edge::MadeBundle made, edge::make_bundle(*client, options.verifier, {std::move(subject)}, *system_clock(),
                                                     {.policies = policies.get()}));
  TRY(const Bytes octets, edge::encode_bundle(made.bundle));
  CHECK(write_file(options.output, octets));
  json::Object facts{{"bundle", options.output},
                     {"results", made.bundle.results.size()},
                     {"made", to_rfc3339(made.bundle.made)},
                     {"good until", to_rfc3339(made.bundle.until)}};
  if (!made.left_out.empty()) facts["left out, too large"] = json::Array(made.left_out.begin(), made.left_out.end());
  output.facts(facts);
  return ExitStatus::done;
}

void add_create(CommandLine& line, CLI::App& bundle) {
  auto* command = bundle.add_subcommand("create", "Ask a verifier for all that evidence of some environments needs");
  auto options = std::make_shared<CreateOptions>();
  command->add_option("--verifier", options->verifier, "URL of the verifier")->required();
  add_keys(*command, options->keys);
  command->add_option("--token", options->token, "File with the token that its CoSERV results need");
  command->add_flag("--insecure-http", options->insecure_http, "Allow plain HTTP to a verifier on another machine");
  command->add_option("--scheme", options->scheme, "The scheme of the evidence; default: PARSEC_TPM");
  command->add_option("--class", options->classes,
                      "Class: a UUID, hexadecimal octets, or vendor=NAME,model=NAME,layer=N,index=N or some of them; "
                      "of DICE each layer as it names itself; repeatable");
  command->add_option("--instance", options->instances, "Instance, such as the kid of a TPM's key; repeatable");
  command->add_flag("--all-instances", options->all_instances, "Also every instance of the classes");
  command->add_option("--policy", options->policies,
                      "SCHEME=FILE.lua: rules that will be applied with the bundle; it is refused when they need what "
                      "cannot be in it; repeatable");
  command->add_option("-o,--output", options->output, "The file to write")->required();
  on_call(line, command, options, create);
}

struct ShowOptions {
  std::string bundle;
  Keys keys;
};

Result<ExitStatus> show(const ShowOptions& options, const Output& output) {
  std::optional<client::CoservTrust> trust;
  if (!options.keys.files.empty() || !options.keys.jwks.empty()) {
    EdgeVerifierOptions made;
    made.keys.assign(options.keys.files.begin(), options.keys.files.end());
    made.key_set = options.keys.jwks;
    if (!options.keys.ca.empty()) made.ca_file = options.keys.ca;
    TRY(const client::CoservService service, coserv_service(made));
    trust = service.trust;
  }
  TRY(const edge::Bundle bundle, read_bundle(options.bundle));
  auto facts = describe_bundle(bundle, trust, system_clock()->now());
  if (!facts) return within(options.bundle, std::move(facts).error());
  output.facts(*facts);
  return facts->at("state") == "good" ? ExitStatus::done : ExitStatus::refused;
}

void add_show(CommandLine& line, CLI::App& bundle) {
  auto* command = bundle.add_subcommand("show", "Say how old a bundle is, until when it is good, and what is in it");
  auto options = std::make_shared<ShowOptions>();
  command->add_option("FILE", options->bundle, "The bundle")->required();
  add_keys(*command, options->keys);
  on_call(line, command, options, show);
}

}  // namespace

void add_bundle(CommandLine& line) {
  auto* command = line.app.add_subcommand("bundle", "Make and look into bundles for appraisal without a network");
  command->require_subcommand(1);
  add_create(line, *command);
  add_show(line, *command);
}

}  // namespace credence::cli
