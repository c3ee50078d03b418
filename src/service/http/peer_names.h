// What is kept of a client's certificate.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "base/clock.h"

namespace credence::service::http {

struct PeerCertificate {
  std::vector<std::string> names;
  // The connection outlives the check of its handshake, which is by the system's clock as it was then.
  Timestamp end{};
};

// subjectAltName of the certificate that the client has shown, with their kinds in front: "URI:...", "DNS:...",
// "email:...". Empty without a certificate, and for one whose chain was not good. A name with other than printable
// ASCII octets is left out: it could be taken for another one. The end is that of the chain: the first notAfter in it.
[[nodiscard]] PeerCertificate peer_certificate(const SSL* ssl);

}  // namespace credence::service::http
