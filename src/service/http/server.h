// A small HTTP/1.1 server over Boost.Beast and Asio: coroutines on a few threads, TLS 1.3 or, by explicit choice of
// the caller, plain HTTP. Everything a client may do is bounded in size and time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "service/http/admission.h"
#include "service/http/router.h"

namespace credence::service::http {

struct TlsFiles {
  std::filesystem::path certificate;  // PEM, leaf first
  std::filesystem::path key;          // PEM
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
};

class Server {
 public:
  // Listens; connections wait until run().
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(ServerOptions options, Router router, Log& log);
  ~Server();

  [[nodiscard]] std::uint16_t port() const noexcept;
  // Only processes on this machine can connect.
  [[nodiscard]] bool is_loopback() const noexcept;

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

}  // namespace credence::service::http
