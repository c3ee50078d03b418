// The names of a client's certificate.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

namespace credence::service::http {

// subjectAltName of the certificate that the client has shown, with their kinds in front: "URI:...", "DNS:...",
// "email:...". Empty without a certificate, and for one whose chain was not good. A name with other than printable
// ASCII octets is left out: it could be taken for another one.
[[nodiscard]] std::vector<std::string> peer_names(const SSL* ssl);

}  // namespace credence::service::http
