// credence verifier: the verifier as a service.
#include <malloc.h>

#include <format>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cli/listen_address.h"
#include "cli/stop_signal.h"
#include "cli/verb.h"
#include "service/log_spdlog.h"
#include "service/verifier/config.h"
#include "service/verifier/jwks_api.h"
#include "service/verifier/server.h"
#include "service/verifier/signing_key.h"

namespace credence::cli {
namespace {

// The command line as it was given; what it leaves open may stand in the file.
struct Options : service::VerifierConfig {
  std::string config_file;
  const CLI::App* command = nullptr;
};

// The file under the command line, and then what neither may leave out.
Result<service::VerifierConfig> effective_config(const Options& options) {
  service::VerifierConfig config = options;
  if (!options.config_file.empty()) {
    const auto is_given = [&options](std::string_view key) {
      const CLI::Option* option = options.command->get_option_no_throw("--" + std::string(key));
      return option != nullptr && option->count() > 0;
    };
    CHECK(service::read_config(options.config_file, is_given, config));
  }
  if (config.listen.empty()) return fail(Errc::usage, "--listen is required");
  if (config.store.empty()) return fail(Errc::usage, "--store is required");
  if (config.signing_key.empty()) return fail(Errc::usage, "--signing-key is required");
  return config;
}

Result<service::NonceDialect> dialect_from(const std::string& name) {
  if (name == "url") return service::NonceDialect::url;
  if (name == "url-padded") return service::NonceDialect::url_padded;
  if (name == "standard") return service::NonceDialect::standard;
  return fail(Errc::usage, std::format("--nonce-dialect: expected url, url-padded or standard, got '{}'", name));
}

Result<service::VerifierOptions> service_options(const service::VerifierConfig& options) {
  const bool with_tls = !options.certificate.empty() || !options.key.empty();
  if (with_tls == options.insecure_http || (with_tls && (options.certificate.empty() || options.key.empty()))) {
    return fail(Errc::usage, "expected either --cert FILE with --key FILE, or --insecure-http");
  }
  TRY(const HostPort listen, parse_listen_address(options.listen));
  service::VerifierOptions made;
  made.address = listen.host;
  made.port = listen.port;
  if (with_tls) made.tls = service::http::TlsFiles{.certificate = options.certificate, .key = options.key};
  made.insecure_http = options.insecure_http;
  made.store = options.store;
  made.keys.signing_key = options.signing_key;
  made.keys.signing_algorithm = options.signing_algorithm;
  made.keys.next_signing_key = options.next_signing_key;
  made.keys.next_signing_key_from = options.next_signing_key_from;
  made.keys.retired_keys.assign(options.retired_keys.begin(), options.retired_keys.end());
  made.issuer = options.issuer;
  if (options.result_lifetime == 0) return fail(Errc::usage, "--result-lifetime: expected at least 1 second, got 0");
  made.result_lifetime = Seconds(options.result_lifetime);
  if (!options.token.empty()) made.provisioning_token = options.token;
  if (!options.audit_log.empty()) made.audit_log = options.audit_log;
  if (!options.session_key.empty()) made.session_keys = options.session_key;
  made.corim_anchors.assign(options.corim_anchors.begin(), options.corim_anchors.end());
  made.policy.compatibility = options.veraison_compatibility;
  made.policy.allow_insecure_test_root = options.allow_insecure_test_root;
  made.policy.minimum_pcrs.clear();
  for (const unsigned pcr : options.minimum_pcrs) made.policy.minimum_pcrs.insert(static_cast<std::uint8_t>(pcr));
  TRY(made.nonce_dialect, dialect_from(options.nonce_dialect));
  made.threads = options.threads;
  return made;
}

void announce(const service::VerifierConfig& options, const service::VerifierServer& server, const Output& output) {
  const auto public_key = service::public_key_file(options.signing_key);
  if (output.as_json()) {
    json::Object facts{{"event", "listening"}, {"url", server.url()}};
    if (public_key) facts["verifier key"] = public_key->string();
    output.facts(facts);
    return;
  }
  output.line(std::format("verifier listening on {}; results are signed, {}", server.url(),
                          public_key
                              ? "--verifier-key " + public_key->string()
                              : "by a key in a token: its public half is at " + std::string(service::kJwksPath)));
  if (options.allow_insecure_test_root) output.line("WARNING: evidence of the INSECURE TEST ROOT is accepted");
}

Result<ExitStatus> verifier(const Options& given, const Output& output) {
  // Few short requests on few threads: one arena keeps the memory of idle ones from piling up.
  mallopt(M_ARENA_MAX, 1);
  block_stop_signals();
  TRY(const service::VerifierConfig options, effective_config(given));
  TRY(service::VerifierOptions made, service_options(options));
  const auto log = service::stderr_log(output.as_json() ? service::LogFormat::json : service::LogFormat::text,
                                       options.verbose ? LogLevel::debug : LogLevel::info);
  TRY(const auto server, service::VerifierServer::start(std::move(made), *log));
  const std::jthread stopper = on_stop_signal([&server] { server->stop(); });
  announce(options, *server, output);
  server->run();
  return ExitStatus::done;
}

}  // namespace

void add_verifier(CommandLine& line) {
  auto* command = line.app.add_subcommand("verifier", "Run the verifier (Veraison's HTTP API)");
  auto options = std::make_shared<Options>();
  options->command = command;
  command->add_option("--config", options->config_file, "TOML file whose keys are these options; those given win");
  command->add_option("--listen", options->listen, "ADDR:PORT or :PORT for every address; port 0 takes a free one");
  command->add_option("--store", options->store, "sqlite:FILE, postgresql://HOST/DATABASE or memory:");
  command->add_option("--signing-key", options->signing_key,
                      "FILE (PEM; made when absent, with FILE.pub beside it), tpm:DIR or pkcs11:URI");
  command->add_option("--signing-algorithm", options->signing_algorithm,
                      "ES256, EdDSA, RS256, PS256 and so on; without it what suits the key");
  command->add_option("--next-signing-key", options->next_signing_key, "Announced beside the signing key");
  command->add_option("--next-signing-key-from", options->next_signing_key_from,
                      "When it takes over, 2026-12-01T00:00:00Z");
  command->add_option("--retired-key", options->retired_keys, "Public key that signed before, PEM; repeatable");
  command->add_option("--cert", options->certificate, "Certificate chain of this server, PEM");
  command->add_option("--key", options->key, "Its key, PEM");
  command->add_flag("--insecure-http", options->insecure_http, "Plain HTTP; relying parties still check signatures");
  command->add_option("--issuer", options->issuer, "URI that results name as their issuer");
  command->add_option("--result-lifetime", options->result_lifetime, "Seconds until results expire, at most")
      ->check(CLI::Range(1U, static_cast<unsigned>(service::kMaxResultLifetime.count())));
  command->add_option("--provisioning-token", options->token,
                      "File with the token that provisioning needs; without it only loopback may provision");
  command->add_option("--audit-log", options->audit_log, "Append every change and refusal to this file, chained");
  command->add_option("--session-key", options->session_key,
                      "File with the keys that seal sessions, the same for every verifier of a fleet on PostgreSQL");
  command->add_option("--corim-anchor", options->corim_anchors, "Root for signed CoRIMs, PEM; repeatable");
  command->add_option("--minimum-pcrs", options->minimum_pcrs, "PCRs that every quote must cover")
      ->delimiter(',')
      ->check(CLI::Range(0U, 23U));
  command->add_flag("--veraison-compatibility", options->veraison_compatibility,
                    "Also accept endorsements without a Name and plain nonces; never for channels");
  command->add_flag("--allow-insecure-test-root", options->allow_insecure_test_root,
                    "Accept the published test root, which proves nothing");
  command->add_option("--nonce-dialect", options->nonce_dialect, "How nonces are written: url, url-padded, standard");
  command->add_option("--threads", options->threads, "Threads that serve requests; 0: one a core");
  command->add_flag("--verbose", options->verbose, "Log every request");
  on_call(line, command, options, verifier);
}

}  // namespace credence::cli
