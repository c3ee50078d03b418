#include "service/verifier/check_config.h"

#include <algorithm>
#include <format>
#include <utility>

#include "crypto/certificate.h"
#include "service/access/bearer_token.h"
#include "service/access/principal.h"
#include "service/http/server.h"
#include "service/verifier/config_options.h"
#include "service/verifier/file.h"
#include "service/verifier/session_keys.h"
#include "service/verifier/store_specification.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxKeyFile = 64 << 10, kMaxCertificateFile = 1 << 20;
constexpr std::chrono::hours kSoon{24 * 14};

class Checker {
 public:
  Checker(ConfigReport& report, const ConfigText& text, Timestamp now) : report_(report), text_(text), now_(now) {}

  void run(StoreProbe probe) {
    for (const ConfigProblem& problem : text_.problems) add(Severity::problem, problem.key, problem.where, problem.why);
    ConfiguredVerifier made;
    for (ConfigProblem& problem : convert(report_.config, made))
      if (!has_problem(problem.key)) this->problem(problem.key, std::move(problem.why));
    check_transport(made.options);
    check_signing_key();
    check_store_of(probe);
    check_provisioning();
    check_anchors();
    check_retired_keys();
    check_audit_log();
    check_session_key(made.options);
    warn_of_insecurity();
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

  void check_signing_key() {
    const std::string& specification = report_.config.signing_key;
    // Devices are not opened here: that would take a session of the TPM, or ask the token for its PIN.
    if (specification.empty() || specification.starts_with("tpm:") || specification.starts_with("pkcs11:")) return;
    const std::filesystem::path file = specification;
    const auto present = file_exists(file);
    if (!present) return problem("signing-key", present.error().text());
    if (!*present) {
      const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
      const auto there = file_exists(folder);
      if (!there || !*there)
        return problem("signing-key",
                       std::format("{}: expected the folder of the signing key: make it", folder.string()));
      return warn(
          "signing-key",
          std::format("{}: absent: a new key is made at the start, and relying parties must pin it", file.string()));
    }
    const auto pem = read_private_file(file, kMaxKeyFile);
    if (!pem) return problem("signing-key", pem.error().text());
    if (const auto key = crypto::PrivateKey::from_pem(pem->view()); !key)
      problem("signing-key", std::format("{}: expected a PEM private key: {}", file.string(), key.error().text()));
  }

  void check_store_of(StoreProbe probe) {
    const std::string& specification = report_.config.store;
    if (specification.empty()) return;
    if (const auto checked = check_store(specification, probe == StoreProbe::connect); !checked)
      return problem("store", checked.error().text());
    if (specification == "memory:") warn("store", "memory: what is provisioned is lost when the verifier ends");
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

  void check_retired_keys() {
    for (const std::string& file : report_.config.retired_keys) {
      const auto pem = read_file(file, kMaxKeyFile);
      if (!pem) {
        problem("retired-key", pem.error().text());
      } else if (const auto key = crypto::PublicKey::from_pem(as_text(pem->view())); !key) {
        problem("retired-key", std::format("{}: expected a PEM public key: {}", file, key.error().text()));
      }
    }
  }

  void check_audit_log() {
    const std::filesystem::path file = report_.config.audit_log;
    if (file.empty() || !file.has_parent_path()) return;
    if (const auto folder = file_exists(file.parent_path()); !folder || !*folder)
      problem("audit-log",
              std::format("{}: expected the folder of the audit log: make it", file.parent_path().string()));
  }

  void check_session_key(const VerifierOptions& options) {
    if (!options.session_keys) return;
    if (!is_shared_store(options.store))
      problem("session-key",
              "session-key: sealed sessions need a store that verifiers share: expected postgresql://...");
    if (const auto keys = SessionKeys::from_file(*options.session_keys, access::kDefaultTenant); !keys)
      problem("session-key", keys.error().text());
  }

  void warn_of_insecurity() {
    const VerifierConfig& config = report_.config;
    if (config.insecure_http) warn("insecure-http", "insecure-http: whoever is on the way reads evidence and tokens");
    if (config.allow_insecure_test_root)
      warn("allow-insecure-test-root", "allow-insecure-test-root: evidence that proves nothing is accepted");
    if (config.insecure_unsigned_corims && !config.corim_anchors.empty())
      warn("insecure-unsigned-corims", "insecure-unsigned-corims: a provisioner's token is enough to endorse anything");
  }

  ConfigReport& report_;
  const ConfigText& text_;
  const Timestamp now_;
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
