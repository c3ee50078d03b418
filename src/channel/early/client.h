// The client's steps of remoteAttestation: what it says and accepts in each message, without a TLS library.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "channel/early/extension.h"

namespace credence::channel::early {

class Client {
 public:
  // `judges`: evidence of a server that it can have appraised; empty demands nothing. `gives`: evidence it can make.
  Client(std::vector<Scheme> judges, std::vector<Scheme> gives);

  // The same octets for the first and the second ClientHello.
  [[nodiscard]] Result<Bytes> client_hello() const;
  [[nodiscard]] Result<void> encrypted_extensions(ByteView data);
  [[nodiscard]] Result<void> certificate_request(ByteView data);
  [[nodiscard]] Result<void> server_certificate(ByteView data, std::size_t entry);

  // The scheme in which this client is to attest itself; none when the server does not ask.
  [[nodiscard]] const std::optional<Scheme>& own_scheme() const noexcept { return client_scheme_; }
  // What the server sent, once it has been checked for its place and its type; Errc::evidence_missing otherwise.
  [[nodiscard]] Result<rats::CmwRecord> server_evidence() const;

 private:
  ClientHello offer_;
  std::optional<Scheme> server_scheme_;
  std::optional<Scheme> client_scheme_;
  Bytes server_cmw_;
};

}  // namespace credence::channel::early
