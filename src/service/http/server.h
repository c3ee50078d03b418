// A small HTTP/1.1 server over Boost.Beast and Asio: coroutines on a few threads, TLS 1.3 or, by explicit choice of
// the caller, plain HTTP. Everything a client may do is bounded in size and time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "service/http/admission.h"
#include "service/http/observer.h"
#include "service/http/router.h"

namespace credence::service::http {

struct TlsFiles {
  std::filesystem::path certificate;  // PEM, leaf first
  std::filesystem::path key;          // PEM
  // PEM: clients are asked for a certificate, and one that they show must chain to one of these. None is asked for
  // without a file. Who shows none may still have another credential.
  std::filesystem::path client_ca{};
};

struct SocketAddress {
  std::string address = "127.0.0.1";  // an IP address
  std::uint16_t port = 0;             // 0: any free one
  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

struct ServerLimits {
  std::size_t connections = 256;                  // one more gets 503 and is closed; under TLS, closed at once
  std::size_t header = 8'192;                     // octets of request line and header fields
  std::size_t requests = 100'000;                 // on one connection
  std::chrono::milliseconds header_time{15'000};  // TLS handshake, idle time, and the header itself: each
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds write_time{15'000};
  std::chrono::milliseconds stop_time{5'000};  // for requests under way when the server stops
  AdmissionLimits admission{};                 // how long POST requests wait for a thread
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // an IP address
  std::uint16_t port = 0;
  std::optional<TlsFiles> tls{};
  unsigned threads = 1;  // 0: one for each core
  ServerLimits limits{};
  std::shared_ptr<Observer> observer{};  // empty: nobody counts
  // IP addresses of proxies whose X-Forwarded-For names the client. Nobody else's is believed.
  std::vector<std::string> trusted_proxies{};
};

class Server {
 public:
  // Listens; connections wait until run().
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(ServerOptions options, Router router, Log& log);
  ~Server();

  [[nodiscard]] std::uint16_t port() const noexcept;
  // Only processes on this machine can connect.
  [[nodiscard]] bool is_loopback() const noexcept;

  // From any thread: routes, certificate, limits and observer for every connection and request that begins afterwards;
  // those under way end as they began. All of it or, with an Error, nothing. Address, port, number of threads and
  // whether it is TLS are Errc::configuration.
  [[nodiscard]] Result<void> reload(const ServerOptions& options, Router router);
  // The same for whoever changes more than this server at once: what is returned puts it in force and cannot fail.
  using Change = std::move_only_function<void()>;
  [[nodiscard]] Result<Change> prepare_reload(const ServerOptions& options, Router router);

  // The routes in force.
  [[nodiscard]] std::shared_ptr<const Router> router() const;

  void run();
  // From any thread: no new requests, those under way get their answers, then run() returns.
  void stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether an IP address given as text is a loopback one; Errc::usage when it is no IP address.
[[nodiscard]] Result<bool> is_loopback_address(const std::string& address);

// Whether the files can be read and belong together; Errc::configuration with the path of the one that is at fault.
[[nodiscard]] Result<void> check_tls_files(const TlsFiles& files);

}  // namespace credence::service::http
