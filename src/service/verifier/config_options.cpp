#include "service/verifier/config_options.h"

#include <chrono>
#include <format>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/token_file.h"
#include "client/opa.h"
#include "client/url.h"
#include "service/http/forwarded.h"
#include "service/listen_address.h"
#include "service/policy/peer_names.h"
#include "service/verifier/default_store.h"
#include "service/verifier/issuer.h"

namespace credence::service {
namespace {

constexpr std::chrono::seconds kOpaTimeout{2};

class Conversion {
 public:
  Conversion(const VerifierConfig& config, ConfiguredVerifier& made) : config_(config), made_(made) {}

  std::vector<ConfigProblem> run() {
    require("listen", config_.listen);
    store();
    require("signing-key", config_.signing_key);
    listeners();
    results();
    provisioning();
    policy();
    service();
    return std::move(problems_);
  }

 private:
  void problem(std::string_view key, std::string why) {
    problems_.push_back({.key = std::string(key), .where = {}, .why = std::format("--{}{}", key, why)});
  }
  void require(std::string_view key, const std::string& value) {
    if (value.empty()) problem(key, " is required");
  }

  void store() {
    require("store", config_.store);
    made_.options.store = config_.store;
    if (config_.store != kDefaultStore) return;
    if (auto found = default_store()) {
      made_.options.store = *std::move(found);
    } else {
      problem("store", ": " + found.error().why);
    }
  }

  // Of a choice among names.
  template <typename Value>
  void choose(std::string_view key, const std::string& name, Value& to,
              std::initializer_list<std::pair<std::string_view, Value>> values) {
    std::string expected;
    for (const auto& [known, value] : values) {
      if (name == known) {
        to = value;
        return;
      }
      expected += (expected.empty() ? "" : ", ") + std::string(known);
    }
    problem(key, std::format(": expected one of {}, got '{}'", expected, name));
  }

  void address(std::string_view key, const std::string& text, http::SocketAddress& to) {
    const auto parsed = parse_listen_address(std::format("--{}", key), text);
    if (!parsed) {
      problems_.push_back({.key = std::string(key), .where = {}, .why = parsed.error().why});
      return;
    }
    to = {.address = parsed->host, .port = parsed->port};
    if (!http::is_loopback_address(to.address))
      problem(key, std::format(": expected an IP address, got '{}'", to.address));
  }

  void listeners() {
    VerifierOptions& options = made_.options;
    http::SocketAddress where;
    if (!config_.listen.empty()) address("listen", config_.listen, where);
    options.address = where.address;
    options.port = where.port;
    if (!config_.metrics_listen.empty()) address("metrics-listen", config_.metrics_listen, options.metrics.emplace());
    const bool with_tls = !config_.certificate.empty() || !config_.key.empty();
    if (with_tls == config_.insecure_http || (with_tls && (config_.certificate.empty() || config_.key.empty()))) {
      problems_.push_back(
          {.key = "cert", .where = {}, .why = "expected either --cert FILE with --key FILE, or --insecure-http"});
    } else if (with_tls) {
      options.tls =
          http::TlsFiles{.certificate = config_.certificate, .key = config_.key, .client_ca = config_.client_ca};
    }
    if (!with_tls && !config_.client_ca.empty()) problem("client-ca", ": client certificates need --cert and --key");
    options.insecure_http = config_.insecure_http;
    options.insecure_local_callers = config_.insecure_local_callers;
    options.trusted_proxies = config_.trusted_proxies;
    for (const std::string& proxy : config_.trusted_proxies)
      if (const auto address = http::exact_address(proxy); !address)
        problem("trusted-proxy", ": " + address.error().why);
    options.threads = config_.threads;
    options.max_connections = config_.max_connections;
    if (config_.max_connections == 0) problem("max-connections", ": expected at least 1, got 0");
  }

  void results() {
    VerifierOptions& options = made_.options;
    options.keys.signing_key = config_.signing_key;
    options.keys.signing_algorithm = config_.signing_algorithm;
    options.keys.next_signing_key = config_.next_signing_key;
    options.keys.next_signing_key_from = config_.next_signing_key_from;
    options.keys.retired_keys.assign(config_.retired_keys.begin(), config_.retired_keys.end());
    options.issuer = config_.issuer;
    if (const auto checked = check_issuer(config_.issuer); !checked) problem("issuer", ": " + checked.error().why);
    options.result_lifetime = Seconds(config_.result_lifetime);
    if (config_.result_lifetime == 0) problem("result-lifetime", ": expected at least 1 second, got 0");
    options.coserv_lifetime = Seconds(config_.coserv_lifetime);
    if (config_.coserv_lifetime == 0) problem("coserv-lifetime", ": expected at least 1 second, got 0");
    choose(
        "nonce-dialect", config_.nonce_dialect, options.nonce_dialect,
        {{"url", NonceDialect::url}, {"url-padded", NonceDialect::url_padded}, {"standard", NonceDialect::standard}});
  }

  void provisioning() {
    VerifierOptions& options = made_.options;
    options.max_staleness = Seconds(config_.max_staleness);
    if (options.max_staleness < kShortestMaxStaleness)
      problem("max-staleness", std::format(": expected at least {} seconds, got {}", kShortestMaxStaleness.count(),
                                           config_.max_staleness));
    if (config_.insecure_store_connection) options.remote_store = verifier::RemoteServer::insecure;
    if (!config_.token.empty()) options.provisioning_token = config_.token;
    if (!config_.access.empty()) options.access_file = config_.access;
    if (!config_.audit_log.empty()) options.audit_log = config_.audit_log;
    if (!config_.session_key.empty()) options.session_keys = config_.session_key;
    options.corim_anchors.assign(config_.corim_anchors.begin(), config_.corim_anchors.end());
    options.insecure_unsigned_corims = config_.insecure_unsigned_corims;
  }

  void policy() {
    verifier::Policy& policy = made_.options.policy;
    policy.compatibility = config_.veraison_compatibility;
    policy.insecure_veraison_endorsements = config_.insecure_veraison_endorsements;
    policy.allow_insecure_test_root = config_.allow_insecure_test_root;
    policy.minimum_pcrs.clear();
    for (const unsigned pcr : config_.minimum_pcrs) policy.minimum_pcrs.insert(static_cast<std::uint8_t>(pcr));
    if (auto names = peer_names(config_.peer_names)) {
      made_.options.peer_names = *std::move(names);
    } else {
      problem("peer-name", ": " + names.error().why);
    }
    opa();
  }

  void opa() {
    if (config_.opa.empty()) {
      if (!config_.opa_ca.empty() || !config_.opa_token.empty())
        problem("opa", " is required by --opa-ca and --opa-token");
      return;
    }
    client::Opa opa;
    opa.url = config_.opa;
    opa.http.connect_timeout = opa.http.timeout = kOpaTimeout;
    if (const auto checked = client::check_url(opa.url, opa.http.allow_insecure_http); !checked)
      return problem("opa", ": " + checked.error().why);
    if (!config_.opa_ca.empty()) opa.http.ca_file = config_.opa_ca;
    if (!config_.opa_token.empty()) {
      auto token = read_token_file(config_.opa_token);
      if (!token) return problem("opa-token", ": " + token.error().text());
      opa.token = *std::move(token);
    }
    made_.options.opa = std::make_shared<const client::Opa>(std::move(opa));
  }

  void service() {
    made_.options.config_sha256 = config_.file_sha256;
    made_.options.insecure_no_seccomp = config_.insecure_no_seccomp;
    made_.options.insecure_clock_set_back = config_.insecure_clock_set_back;
    made_.options.drain_time = std::chrono::seconds(config_.drain_time);
    made_.drain_delay = std::chrono::seconds(config_.drain_delay);
    choose("log-level", config_.log_level, made_.log_level,
           {{"debug", LogLevel::debug},
            {"info", LogLevel::info},
            {"warning", LogLevel::warning},
            {"error", LogLevel::error}});
    if (config_.verbose) made_.log_level = LogLevel::debug;
    bool json = false;
    if (!config_.log_format.empty()) choose("log-format", config_.log_format, json, {{"text", false}, {"json", true}});
  }

  const VerifierConfig& config_;
  ConfiguredVerifier& made_;
  std::vector<ConfigProblem> problems_;
};

}  // namespace

std::vector<ConfigProblem> convert(const VerifierConfig& config, ConfiguredVerifier& made) {
  return Conversion(config, made).run();
}

Result<ConfiguredVerifier> configured(const VerifierConfig& config) {
  ConfiguredVerifier made;
  const auto problems = convert(config, made);
  if (!problems.empty()) return fail(Errc::usage, problems.front().why);
  return made;
}

}  // namespace credence::service
