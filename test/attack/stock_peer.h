// The attacker's own TLS: stock OpenSSL and a remoteAttestation extension that says whatever he likes. It makes none of
// our checks and keeps none of our rules.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "evidence/binding/transcript.h"

namespace credence::attack {

class StockPeer {
 public:
  // Which of the extensions this peer sends.
  bool offers = false;                       // in ClientHello: TPM evidence, both ways
  bool chooses = false;                      // in EncryptedExtensions: TPM evidence
  std::string asks{};                        // in CertificateRequest: this media type
  std::optional<std::string> then_offers{};  // in the second ClientHello: this media type instead, or nothing if empty
  std::function<Bytes()> answer{};           // in the CertificateEntry of `entry`
  std::function<Bytes(ByteView binder)> evidence{};  // or TPM evidence for this handshake and this side's key
  std::size_t entry = 0;
  Bytes received;  // the extension of the other side's certificate

  // The context must not outlive this object. One connection only.
  void install(SSL_CTX* context);

  [[nodiscard]] Bytes message(SSL* ssl, unsigned int context, std::size_t in_entry);
  void saw(ByteView handshake_message) { static_cast<void>(transcript_.add(handshake_message)); }

 private:
  [[nodiscard]] Bytes client_hello();
  [[nodiscard]] Bytes certificate(const SSL* ssl) const;

  evidence::Transcript transcript_;
  int hellos_ = 0;
};

}  // namespace credence::attack
