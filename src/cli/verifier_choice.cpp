#include "cli/verifier_choice.h"

#include <format>

#include "cli/files.h"
#include "cli/option_value.h"

namespace credence::cli {
namespace {

constexpr unsigned kMostAge = 366 * 86'400;

// A key that cannot check a signature is found here, not at the first connection.
Result<void> check_keys(const VerifierChoice& choice) {
  for (const std::string& file : choice.verifier_keys) {
    TRY(const std::string pem, read_text_file(file));
    if (pem.contains("PRIVATE KEY-----")) {
      return fail_in(Errc::usage, file, "--verifier-key: expected a public key, got a private one: give FILE.pub");
    }
    if (auto key = option_value("--verifier-key", read_public_key(file)); !key) return std::unexpected(key.error());
  }
  return {};
}

template <typename Options>
Options common_options(const VerifierChoice& choice, bool allow_insecure_test_root) {
  Options options;
  options.keys.assign(choice.verifier_keys.begin(), choice.verifier_keys.end());
  options.key_set = choice.verifier_jwks;
  if (!choice.verifier_ca.empty()) options.ca_file = choice.verifier_ca;
  options.allow_insecure_test_root = allow_insecure_test_root;
  return options;
}

}  // namespace

void add_verifier_choice(CLI::App& command, VerifierChoice& choice, const std::string& group) {
  command.add_option("--verifier", choice.verifier, "URL of the verifier")->group(group);
  command.add_option("--verifier-key", choice.verifier_keys, "Public key of its results, PEM; repeatable")
      ->group(group);
  command
      .add_option("--verifier-jwks", choice.verifier_jwks,
                  "JWK set of its keys, so that they may change: a file or https://HOST:PORT/.well-known/jwks.json")
      ->group(group);
  command.add_option("--verifier-ca", choice.verifier_ca, "CA of its certificate, PEM")->group(group);
  command
      .add_option("--verifier-token", choice.verifier_token, "File with the token that it wants, where it wants one")
      ->group(group);
  command.add_flag("--insecure-http", choice.insecure_http, "Allow plain HTTP to a verifier on another machine")
      ->group(group);
  command
      .add_option("--bundle", choice.bundle,
                  "Appraise here with this offline bundle (credence bundle create), without a network")
      ->group(group);
  command
      .add_option("--max-age", choice.max_age,
                  "Seconds that a bundle may be old, or that --edge keeps what it has asked, at most")
      ->check(CLI::Range(1U, kMostAge))
      ->group(group);
  command
      .add_option("--policy", choice.policies,
                  "SCHEME=FILE.lua: rules that evidence must satisfy too when it is appraised here; repeatable")
      ->group(group);
  command
      .add_flag("--insecure-no-deny-list", choice.insecure_no_deny_list,
                "Also believe a CoSERV service that does not say what is revoked")
      ->group(group);
}

void add_edge_flag(CLI::App& command, VerifierChoice& choice, const std::string& group) {
  command
      .add_flag("--edge", choice.edge,
                "Appraise here: ask the verifier for endorsements (CoSERV), keep them, and send it no evidence")
      ->group(group);
}

Result<void> check_verifier_choice(const VerifierChoice& choice) {
  const bool keyed = !choice.verifier_keys.empty() || !choice.verifier_jwks.empty();
  if (!choice.bundle.empty() && (choice.edge || !choice.verifier.empty()))
    return fail(Errc::usage, "--bundle works without a verifier: expected no --verifier and no --edge beside it");
  if (choice.bundle.empty() && choice.verifier.empty())
    return fail(Errc::usage, "expected --verifier URL or --bundle FILE");
  if (!keyed)
    return fail(Errc::usage,
                "expected --verifier-key FILE (the verifier's FILE.pub) or --verifier-jwks: nothing else "
                "says whose results to believe");
  if (choice.bundle.empty() && !choice.edge && (choice.max_age || choice.insecure_no_deny_list))
    return fail(Errc::usage, "--max-age and --insecure-no-deny-list need --edge or --bundle");
  if (choice.bundle.empty() && !choice.edge && !choice.policies.empty())
    return fail(Errc::usage, "--policy needs --edge or --bundle: a verifier has its own policies (credence policy)");
  CHECK(local_policies(choice.policies));
  return check_keys(choice);
}

Result<std::vector<LocalPolicy>> local_policies(const std::vector<std::string>& texts) {
  std::vector<LocalPolicy> policies;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
      return fail(Errc::usage,
                  std::format("--policy: expected SCHEME=FILE, such as PARSEC_TPM=rules.lua, got {}", text));
    policies.push_back({.scheme = text.substr(0, equals), .rules = text.substr(equals + 1)});
  }
  return policies;
}

EdgeVerifierOptions edge_options(const VerifierChoice& choice, bool allow_insecure_test_root) {
  auto options = common_options<EdgeVerifierOptions>(choice, allow_insecure_test_root);
  options.url = choice.verifier;
  if (!choice.verifier_token.empty()) options.token = choice.verifier_token;
  options.allow_insecure_http = choice.insecure_http;
  options.allow_insecure_no_deny_list = choice.insecure_no_deny_list;
  options.policies = local_policies(choice.policies).value();
  if (choice.max_age) options.max_age = std::chrono::seconds(*choice.max_age);
  return options;
}

BundleVerifierOptions bundle_options(const VerifierChoice& choice, bool allow_insecure_test_root) {
  auto options = common_options<BundleVerifierOptions>(choice, allow_insecure_test_root);
  options.bundle = choice.bundle;
  options.allow_insecure_no_deny_list = choice.insecure_no_deny_list;
  options.policies = local_policies(choice.policies).value();
  if (choice.max_age) options.max_age = std::chrono::seconds(*choice.max_age);
  return options;
}

Result<Appraiser> open_appraiser(const VerifierChoice& choice, bool allow_insecure_test_root) {
  if (!choice.bundle.empty()) return bundle_verifier(bundle_options(choice, allow_insecure_test_root));
  if (choice.edge) return edge_verifier(edge_options(choice, allow_insecure_test_root));
  auto remote = common_options<RemoteVerifierOptions>(choice, allow_insecure_test_root);
  remote.url = choice.verifier;
  if (!choice.verifier_token.empty()) remote.token = choice.verifier_token;
  remote.allow_insecure_http = choice.insecure_http;
  return remote_verifier(remote);
}

}  // namespace credence::cli
