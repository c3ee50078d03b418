// The verifier as a service: engine, store, result signer and Veraison's HTTP API on one listener
// (docs/verifier-api.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "client/opa.h"
#include "service/http/server.h"
#include "service/verifier/coserv_api.h"
#include "service/verifier/key_options.h"
#include "service/verifier/session_json.h"
#include "service/verifier/store_specification.h"
#include "verifier/policy.h"
#include "verifier/store/postgres/protection.h"
#include "wire/json/json.h"

namespace credence::service {

struct VerifierOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see VerifierServer::port()

  // Exactly one of the two: certificate and key, or plain HTTP by explicit choice.
  std::optional<http::TlsFiles> tls;
  bool insecure_http = false;

  std::string store = "memory:";  // "sqlite:FILE" or "postgresql://..."
  verifier::RemoteServer remote_store = verifier::RemoteServer::verified;
  KeyOptions keys;     // of results
  std::string issuer;  // iss of results; may be empty
  Seconds result_lifetime = kDefaultResultLifetime;
  Seconds coserv_lifetime = kDefaultCoservLifetime;
  Seconds max_staleness = kDefaultMaxStaleness;  // of what is known, while a database that is shared is away

  // Policies: what they see as `names`, and the OPA that runs those in Rego; null: none in Rego.
  json::Object peer_names;
  std::shared_ptr<const client::Opa> opa;

  // Who may provision: whoever has the token in this file.
  std::optional<std::filesystem::path> provisioning_token;
  // Who else may do what, and the tenants (docs/formats/access-file.md).
  std::optional<std::filesystem::path> access_file;
  // Without any credential configured, and on a loopback address only: every program of this machine may do everything.
  bool insecure_local_callers = false;
  // IP addresses whose X-Forwarded-For names the client: of limits, of the audit log.
  std::vector<std::string> trusted_proxies;
  // Where every change, every refusal and every reload is written before it takes effect; none is kept without a file.
  std::optional<std::filesystem::path> audit_log;
  // PEM files with the roots that signers of CoRIMs chain to. Without any, signed CoRIMs are refused. Unsigned ones
  // are refused always, unless they are asked for.
  std::vector<std::filesystem::path> corim_anchors;
  bool insecure_unsigned_corims = false;

  // Keys that seal sessions, so that any verifier with the same file and the same PostgreSQL finishes them. Without,
  // sessions are in the memory of this process.
  std::optional<std::filesystem::path> session_keys;

  // A clock that is behind what it had told is believed: until it is noted, and as long as this is set.
  bool insecure_clock_set_back = false;

  // Whoever starts the verifier confines the process, or does not: what is said of it is said here.
  bool insecure_no_seccomp = false;

  verifier::Policy policy;
  NonceDialect nonce_dialect = NonceDialect::url;
  unsigned threads = 1;  // that serve requests; 0: one for each core
  std::size_t max_connections = 256;
  std::chrono::milliseconds drain_time{5'000};  // for requests under way when the service stops
  std::string config_sha256;                    // of the file these come from, for the audit log; empty: no file

  // Where /metrics is served to whoever can connect; without it, on the listener above and to this machine only. Plain
  // HTTP on loopback, elsewhere like the listener above.
  std::optional<http::SocketAddress> metrics;
  std::function<void()> heartbeat;  // about every second, as long as the health checks go round

  std::shared_ptr<const Clock> clock = system_clock();
  std::shared_ptr<const Random> random;  // empty: the system's
};

class VerifierServer {
 public:
  // Opens everything and listens; requests are served once run() is called. `log` must outlive the server.
  [[nodiscard]] static Result<std::unique_ptr<VerifierServer>> start(VerifierOptions options, Log& log);
  ~VerifierServer();

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::uint16_t metrics_port() const noexcept;  // of VerifierOptions::metrics; else 0
  [[nodiscard]] std::string url() const;                      // "https://127.0.0.1:8443"

  // From any thread: policy, anchors, tokens, certificate and limits for everything that begins afterwards; what is
  // under way ends as it began. All of it or, with an Error, nothing. Listener, store and threads cannot change:
  // Errc::configuration names them. Nothing changes either when the audit log cannot be written. Another signing key
  // takes over as ResultSigner::make_after() has it. Followers of the change feed hear of options that verdicts depend
  // on.
  [[nodiscard]] Result<void> reload(const VerifierOptions& options);
  // Says so in both logs and in the metrics when there are not even options.
  void reload_refused(const Error& why);

  // From any thread: /readyz says 503 from now on, so that load balancers send nothing new; everything is still served.
  void drain();

  // Every route in force: what docs/openapi.json must say.
  [[nodiscard]] std::shared_ptr<const http::Router> router() const;

  // Serves on the calling thread (and options.threads - 1 others) until stop().
  void run();
  // From any thread, but not from a signal handler: requests under way are answered, then run() returns.
  void stop();

 private:
  struct State;
  explicit VerifierServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  std::mutex reloading_;  // one at a time
};

}  // namespace credence::service
