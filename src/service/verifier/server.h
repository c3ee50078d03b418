// The verifier as a service: engine, store, result signer and Veraison's HTTP API on one listener
// (docs/verifier-api.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "service/http/server.h"
#include "service/verifier/key_options.h"
#include "service/verifier/session_json.h"
#include "verifier/policy.h"

namespace credence::service {

struct VerifierOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see VerifierServer::port()

  // Exactly one of the two: certificate and key, or plain HTTP by explicit choice.
  std::optional<http::TlsFiles> tls;
  bool insecure_http = false;

  std::string store = "memory:";  // "sqlite:FILE" or "postgresql://..."
  KeyOptions keys;                // of results
  std::string issuer;             // iss of results; may be empty
  Seconds result_lifetime = kDefaultResultLifetime;

  // Who may provision: whoever has the token in this file. Without one, provisioning is open on a loopback address and
  // closed on any other.
  std::optional<std::filesystem::path> provisioning_token;
  // Where every change and every refusal is written before it takes effect; none is kept without a file.
  std::optional<std::filesystem::path> audit_log;
  // PEM files with the roots that signers of CoRIMs chain to. Without any, signed CoRIMs are refused.
  std::vector<std::filesystem::path> corim_anchors;

  // Keys that seal sessions, so that any verifier with the same file and the same PostgreSQL finishes them. Without,
  // sessions are in the memory of this process.
  std::optional<std::filesystem::path> session_keys;

  verifier::Policy policy;
  NonceDialect nonce_dialect = NonceDialect::url;
  unsigned threads = 1;  // that serve requests; 0: one for each core
  std::size_t max_connections = 256;

  std::shared_ptr<const Clock> clock = system_clock();
  std::shared_ptr<const Random> random;  // empty: the system's
};

class VerifierServer {
 public:
  // Opens everything and listens; requests are served once run() is called. `log` must outlive the server.
  [[nodiscard]] static Result<std::unique_ptr<VerifierServer>> start(VerifierOptions options, Log& log);
  ~VerifierServer();

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string url() const;  // "https://127.0.0.1:8443"

  // Serves on the calling thread (and options.threads - 1 others) until stop().
  void run();
  // From any thread, but not from a signal handler: requests under way are answered, then run() returns.
  void stop();

 private:
  struct State;
  explicit VerifierServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace credence::service
