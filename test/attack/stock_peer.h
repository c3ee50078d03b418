// The attacker's own TLS: stock OpenSSL and a remoteAttestation extension that says whatever he likes. It makes none of
// our checks and keeps none of our rules.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>

#include "base/bytes.h"

namespace credence::attack {

class StockPeer {
 public:
  // Which of the extensions this peer sends.
  bool offers = false;              // in ClientHello: TPM evidence, both ways
  bool chooses = false;             // in EncryptedExtensions: TPM evidence
  std::function<Bytes()> answer{};  // in the first CertificateEntry
  Bytes received;                   // the extension of the other side's certificate

  // The context must not outlive this object.
  void install(SSL_CTX* context);

  [[nodiscard]] Bytes message(unsigned int context) const;
};

}  // namespace credence::attack
