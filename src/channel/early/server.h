// The server's steps of remoteAttestation: what it accepts and says in each message, without a TLS library.
#pragma once

#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "channel/early/extension.h"

namespace credence::channel::early {

class Server {
 public:
  // Called for each ClientHello that has the extension.
  [[nodiscard]] Result<void> client_hello(ByteView data);
  // Once no further ClientHello can come. `retried`: a HelloRetryRequest was sent.
  [[nodiscard]] Result<void> hellos_done(bool retried) const;

  // What EncryptedExtensions carries when this server attests itself; nothing when the client does not ask for it.
  // Errc::no_common_scheme when it asks for evidence that this server cannot give.
  [[nodiscard]] Result<std::optional<Bytes>> encrypted_extensions(std::span<const Scheme> gives);
  // What CertificateRequest carries when this server demands evidence of the kinds it can have appraised.
  [[nodiscard]] Result<Bytes> certificate_request(std::span<const Scheme> judges);
  [[nodiscard]] Result<void> client_certificate(ByteView data, std::size_t entry);

  [[nodiscard]] const std::optional<Scheme>& own_scheme() const noexcept { return server_scheme_; }
  [[nodiscard]] Result<rats::CmwRecord> client_evidence() const;

 private:
  std::optional<Bytes> first_hello_;
  std::size_t hellos_ = 0;
  ClientHello offer_;
  std::optional<Scheme> server_scheme_;
  std::optional<Scheme> client_scheme_;
  Bytes client_cmw_;
};

}  // namespace credence::channel::early
