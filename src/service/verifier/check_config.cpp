#include "service/verifier/check_config.h"

#include <algorithm>
#include <format>
#include <utility>

#include "crypto/certificate.h"
#include "service/access/bearer_token.h"
#include "service/access/config.h"
#include "service/access/principal.h"
#include "service/audit/log.h"
#include "service/http/server.h"
#include "service/verifier/config_options.h"
#include "service/verifier/default_store.h"
#include "service/verifier/exposure.h"
#include "service/verifier/file.h"
#include "service/verifier/key_options.h"
#include "service/verifier/session_keys.h"
#include "service/verifier/store_specification.h"
#include "service/verifier/tenant.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxKeyFile = 64 << 10, kMaxCertificateFile = 1 << 20;
constexpr std::chrono::hours kSoon{24 * 14};

class Checker {
 public:
  Checker(ConfigReport& report, const ConfigText& text, Timestamp now) : report_(report), text_(text), now_(now) {}

  void run(StoreProbe probe) {
    for (const ConfigProblem& problem : text_.problems) add(Severity::problem, problem.key, problem.where, problem.why);
    if (!text_.is_toml) return;
    ConfiguredVerifier made;
    for (ConfigProblem& problem : convert(report_.config, made))
      if (!has_problem(problem.key)) this->problem(problem.key, std::move(problem.why));
    if (report_.config.store == kDefaultStore) take_default_store(made.options);
    check_transport(made.options);
    for (const std::string& tenant : check_access()) {
      check_keys_of(made.options.keys, tenant);
      check_store_of(made.options, tenant, probe);
    }
    check_provisioning();
    check_anchors();
    check_audit_log();
    check_session_key(made.options);
    check_issuer_is_named();
    check_exposure(made.options);
    std::ranges::stable_sort(report_.findings, {}, &Finding::where);
  }

 private:
  void add(Severity severity, const std::string& key, TextPosition where, std::string what) {
    report_.findings.push_back({.severity = severity, .key = key, .where = where, .what = std::move(what)});
  }
  [[nodiscard]] TextPosition where(std::string_view key) const {
    const auto found = text_.values.find(key);
    return found != text_.values.end() ? found->second : TextPosition{};
  }
  void problem(const std::string& key, std::string what) { add(Severity::problem, key, where(key), std::move(what)); }
  void warn(const std::string& key, std::string what) { add(Severity::warning, key, where(key), std::move(what)); }
  [[nodiscard]] bool has_problem(std::string_view key) const {
    return std::ranges::any_of(report_.findings, [key](const Finding& finding) {
      return finding.severity == Severity::problem && finding.key == key;
    });
  }

  void check_transport(const VerifierOptions& options) {
    if (!options.tls) return;
    if (const auto checked = http::check_tls_files(*options.tls); !checked) {
      const bool is_certificate = checked.error().path == options.tls->certificate.string();
      problem(is_certificate ? "cert" : "key", checked.error().text());
      return;
    }
    check_validity("cert", options.tls->certificate);
    // Whoever reads it can pose as this verifier.
    if (const auto key = read_private_file(options.tls->key, kMaxKeyFile); !key) warn("key", key.error().text());
  }

  void check_validity(const std::string& key, const std::filesystem::path& file) {
    const auto pem = read_file(file, kMaxCertificateFile);
    if (!pem) return problem(key, pem.error().text());
    const auto certificates = crypto::certificates_from_pem(as_text(pem->view()));
    if (!certificates) return problem(key, std::format("{}: {}", file.string(), certificates.error().text()));
    for (const crypto::Certificate& certificate : *certificates) {
      const Timestamp from = certificate.not_before(), until = certificate.not_after();
      if (until <= now_) {
        problem(key, std::format("{}: expired at {}: renew it", file.string(), to_rfc3339(until)));
      } else if (from > now_) {
        problem(key, std::format("{}: not valid before {}: look at the clock", file.string(), to_rfc3339(from)));
      } else if (until <= now_ + kSoon) {
        warn(key, std::format("{}: expires at {}: renew it", file.string(), to_rfc3339(until)));
      }
    }
  }

  // The tenants: each has keys and a store of its own.
  std::vector<std::string> check_access() {
    if (report_.config.access.empty()) return access::AccessConfig{}.tenants;
    auto read = access::read_access_config(report_.config.access);
    if (read) return std::move(read->tenants);
    problem("access", read.error().text());
    return access::AccessConfig{}.tenants;
  }

  static std::string of(const std::string& tenant, const std::string& what) {
    return tenant == access::kDefaultTenant ? what : std::format("tenant {}: {}", tenant, what);
  }

  void check_keys_of(const KeyOptions& all, const std::string& tenant) {
    if (all.signing_key.empty()) return;
    const auto keys = keys_of_tenant(all, tenant);
    if (!keys) return problem("signing-key", of(tenant, keys.error().text()));
    for (const KeyProblem& found : check_keys(*keys))
      problem(std::string(found.option), of(tenant, found.error.text()));
    warn_of_absent_key("signing-key", keys->signing_key);
    warn_of_absent_key("next-signing-key", keys->next_signing_key);
  }

  void warn_of_absent_key(const std::string& key, const std::string& specification) {
    if (specification.empty() || specification.starts_with("tpm:") || specification.starts_with("pkcs11:")) return;
    if (!file_exists(specification).value_or(true) && !has_problem(key))
      warn(key,
           std::format("{}: absent: a new key is made at the start, and relying parties must pin it", specification));
  }

  // Where it is follows from the environment, and the verifier's is perhaps another one.
  void take_default_store(const VerifierOptions& options) {
    if (has_problem("store")) return;
    const auto is_there = check_folder_of_default_store();
    if (!is_there) return problem("store", is_there.error().text());
    makes_store_ = !*is_there;
    report_.config.store = options.store;
    warn("store", std::format("no store is named: in the environment of this command it is {}", options.store));
  }

  void check_store_of(const VerifierOptions& options, const std::string& tenant, StoreProbe probe) {
    if (has_problem("store") || makes_store_) return;
    const auto store = store_of_tenant(options.store, tenant);
    if (!store) return problem("store", of(tenant, store.error().text()));
    if (const auto checked = check_store(*store, probe == StoreProbe::connect, options.remote_store); !checked)
      return problem("store", of(tenant, checked.error().text()));
    if (tenant == access::kDefaultTenant && is_memory_store(*store))
      warn("store", "memory: what is provisioned is lost when the verifier ends");
  }

  void check_provisioning() {
    if (report_.config.token.empty()) return;
    const std::filesystem::path file = report_.config.token;
    if (const auto token = access::BearerTokens::from_token_file(file); !token)
      problem("provisioning-token", token.error().text());
  }

  void check_anchors() {
    for (const std::string& file : report_.config.corim_anchors) check_validity("corim-anchor", file);
  }

  void check_audit_log() {
    if (report_.config.audit_log.empty()) return;
    if (const auto checked = audit::check(report_.config.audit_log); !checked)
      problem("audit-log", checked.error().text());
  }

  void check_session_key(const VerifierOptions& options) {
    if (!options.session_keys) return;
    if (!is_shared_store(options.store))
      problem("session-key",
              "session-key: sealed sessions need a store that verifiers share: expected postgresql://...");
    if (const auto keys = SessionKeys::from_file(*options.session_keys, access::kDefaultTenant); !keys)
      problem("session-key", keys.error().text());
  }

  void check_issuer_is_named() {
    if (report_.config.issuer.empty() && !has_problem("issuer"))
      warn("issuer",
           "no issuer: results carry no iss, and relying parties that demand one refuse them. Configure --issuer URI, "
           "a name of this verifier's such as https://verifier.example");
  }

  void check_exposure(const VerifierOptions& options) {
    if (has_problem("listen") || has_problem("cert")) return;
    if (const auto checked = check_callers(options); !checked)
      problem("insecure-local-callers", checked.error().text());
    for (const Exposure& exposure : exposures(options)) warn(std::string(exposure.key), std::string(exposure.what));
  }

  ConfigReport& report_;
  const ConfigText& text_;
  const Timestamp now_;
  bool makes_store_ = false;  // with the folder that it is in
};

}  // namespace

bool ConfigReport::usable() const {
  return std::ranges::none_of(findings, [](const Finding& finding) { return finding.severity == Severity::problem; });
}

Result<ConfigReport> check_config(const std::filesystem::path& file, StoreProbe probe, Timestamp now) {
  TRY(const SecretBytes content, read_config_text(file));
  ConfigReport report;
  const ConfigText text =
      inspect_config(as_text(content.view()), [](std::string_view) { return false; }, report.config);
  Checker(report, text, now).run(probe);
  return report;
}

}  // namespace credence::service
