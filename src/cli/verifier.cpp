// credence verifier: the verifier as a service.
#include <malloc.h>

#include <exception>
#include <format>
#include <memory>
#include <string>
#include <thread>

#include "cli/service_signals.h"
#include "cli/verb.h"
#include "cli/verifier/subcommands.h"
#include "service/log_spdlog.h"
#include "service/sandbox/sandbox.h"
#include "service/service_manager.h"
#include "service/verifier/config.h"
#include "service/verifier/config_options.h"
#include "service/verifier/default_store.h"
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

// The file under the command line.
Result<service::VerifierConfig> effective_config(const Options& options) {
  service::VerifierConfig config = options;
  if (!options.config_file.empty()) {
    const auto is_given = [&options](std::string_view key) {
      const CLI::Option* option = options.command->get_option_no_throw("--" + std::string(key));
      return option != nullptr && option->count() > 0;
    };
    CHECK(service::read_config(options.config_file, is_given, config));
  }
  return config;
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

service::LogFormat log_format(const service::VerifierConfig& options, const Output& output) {
  const bool json = options.log_format.empty() ? output.as_json() : options.log_format == "json";
  return json ? service::LogFormat::json : service::LogFormat::text;
}

// On a thread of its own: an exception, for want of memory, ends this reload and not the service.
Result<service::ConfiguredVerifier> configured_again(const Options& given) {
  try {
    return effective_config(given).and_then(service::configured);
  } catch (const std::exception& exception) {
    return fail(Errc::internal, exception.what());
  }
}

// The files as they are now, under the same command line. What is wrong with them leaves the old ones in force.
void reload(const Options& given, service::VerifierServer& server, service::ServiceLog& log) {
  const auto made = configured_again(given);
  if (!made) return server.reload_refused(made.error());
  if (server.reload(made->options)) log.set_least(made->log_level);
}

Result<ExitStatus> verifier(const Options& given, const Output& output) {
  // Few short requests on few threads: one arena keeps the memory of idle ones from piling up.
  mallopt(M_ARENA_MAX, 1);
  CHECK(service::protect_memory());
  block_service_signals();
  TRY(const service::VerifierConfig options, effective_config(given));
  TRY(service::ConfiguredVerifier made, service::configured(options));
  TRY(const auto manager, service::ServiceManager::from_environment());
  const auto log = service::stderr_log(log_format(options, output), made.log_level);
  if (options.store == service::kDefaultStore) {
    CHECK(service::make_folder_of_default_store());
    log->write(LogLevel::info, std::format("no store is configured: it is {}", made.options.store));
  }
  made.options.heartbeat = [&manager] { manager.alive(); };
  TRY(const auto server, service::VerifierServer::start(std::move(made.options), *log));
  const std::jthread signals = on_service_signals({.reload =
                                                       [&] {
                                                         manager.reloading();
                                                         reload(given, *server, *log);
                                                         manager.ready();
                                                       },
                                                   .drain =
                                                       [&] {
                                                         manager.stopping();
                                                         server->drain();
                                                       },
                                                   .stop = [&] { server->stop(); },
                                                   .drain_delay = made.drain_delay});
  if (!options.insecure_no_seccomp) CHECK(service::confine(*log));
  announce(options, *server, output);
  manager.ready();
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
  command->add_option(
      "--store", options->store,
      "sqlite:FILE, postgresql://HOST/DATABASE or memory:; without it verifier.db in STATE_DIRECTORY, which "
      "systemd sets, or in credence/ in XDG_STATE_HOME or ~/.local/state");
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
  command->add_flag("--insecure-store-connection", options->insecure_store_connection,
                    "Take a PostgreSQL server beyond this machine without TLS that checks its certificate");
  command->add_flag("--insecure-local-callers", options->insecure_local_callers,
                    "Let every program on this machine provision and manage without a credential; a proxy in front "
                    "lets everybody");
  command->add_option("--trusted-proxy", options->trusted_proxies,
                      "Address of a proxy whose X-Forwarded-For names the client; repeatable");
  command->add_option("--issuer", options->issuer, "URI that results name as their issuer");
  command
      ->add_option("--max-staleness", options->max_staleness,
                   "Seconds without the shared database after which no verdict is given: a revocation may be missed")
      ->check(CLI::Range(static_cast<unsigned>(service::kShortestMaxStaleness.count()),
                         static_cast<unsigned>(service::kLongestMaxStaleness.count())));
  command
      ->add_option(
          "--coserv-lifetime", options->coserv_lifetime,
          "Seconds until CoSERV results expire, at most: so late a relying party that keeps them sees a change")
      ->check(CLI::Range(1U, static_cast<unsigned>(service::kMaxCoservLifetime.count())));
  command->add_option("--result-lifetime", options->result_lifetime, "Seconds until results expire, at most")
      ->check(CLI::Range(1U, static_cast<unsigned>(service::kMaxResultLifetime.count())));
  command->add_option("--provisioning-token", options->token,
                      "File with the token that provisioning needs; without it and --access nobody may provision");
  command->add_option("--access", options->access, "TOML file that says who may do what, and the tenants");
  command->add_option("--client-ca", options->client_ca, "Ask clients for a certificate of these authorities, PEM");
  command->add_option("--audit-log", options->audit_log, "Append every change and refusal to this file, chained");
  command->add_option("--session-key", options->session_key,
                      "File with the keys that seal sessions, the same for every verifier of a fleet on PostgreSQL");
  command->add_option("--corim-anchor", options->corim_anchors,
                      "Root of those who sign CoRIMs, PEM; repeatable; without any no CoRIM is taken");
  command->add_flag("--insecure-unsigned-corims", options->insecure_unsigned_corims,
                    "Take unsigned CoRIMs on a provisioner's word");
  command->add_option("--minimum-pcrs", options->minimum_pcrs, "PCRs that every quote must cover")
      ->delimiter(',')
      ->check(CLI::Range(0U, 23U));
  command->add_flag("--veraison-compatibility", options->veraison_compatibility,
                    "Also accept plain nonces; never for channels");
  command->add_flag("--insecure-veraison-endorsements", options->insecure_veraison_endorsements,
                    "Affirm attestation keys without a Name (with plain nonces) and realms that nobody endorsed");
  command->add_flag("--allow-insecure-test-root", options->allow_insecure_test_root,
                    "Accept the published test root, which proves nothing");
  command->add_option("--nonce-dialect", options->nonce_dialect, "How nonces are written: url, url-padded, standard");
  command->add_option("--threads", options->threads, "Threads that serve requests; 0: one a core");
  command->add_option("--max-connections", options->max_connections, "Connections that are served at a time");
  command->add_option("--metrics-listen", options->metrics_listen,
                      "ADDR:PORT of a listener for /metrics; without it only programs on this machine may read them");
  command->add_option("--drain-delay", options->drain_delay,
                      "Seconds between SIGTERM, when /readyz says no, and the end of new connections");
  command->add_option("--drain-time", options->drain_time, "Seconds that requests under way have then");
  command->add_option("--log-level", options->log_level, "debug, info, warning or error");
  command->add_option("--log-format", options->log_format, "text or json; without it as --json says");
  command->add_flag("--insecure-no-seccomp", options->insecure_no_seccomp, "Run without the filter of system calls");
  command->add_flag("--insecure-clock-set-back", options->insecure_clock_set_back,
                    "Believe a clock that is behind what it had told; for one start, after it was ahead");
  command->add_option("--peer-name", options->peer_names, "NAME=INSTANCE,...: what policies see as names; repeatable");
  command->add_option("--opa", options->opa, "URL of an Open Policy Agent that runs policies in Rego");
  command->add_option("--opa-ca", options->opa_ca, "CA of its certificate, PEM; default: the system's");
  command->add_option("--opa-token", options->opa_token, "File with the token that it asks for");
  command->add_flag("--verbose", options->verbose, "Log every request: --log-level debug");
  add_audit(line, command);
  add_backup(line, command);
  add_check_config(line, command);
  add_restore(line, command);
  on_call(line, command, options, verifier);
}

}  // namespace credence::cli
