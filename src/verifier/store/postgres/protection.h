// Whether a database is out of reach of whoever is on the way to it: what comes from it decides what is trustworthy.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace credence::verifier {

// What a connection to a server that may be on another machine must have.
enum class RemoteServer : std::uint8_t {
  verified,  // TLS with a certificate that is checked; else there is no connection
  insecure,  // nothing, by explicit choice
};

// Whether `connection` (as in open_postgres_store()) leads to nothing but sockets of this machine, "localhost" and
// loopback addresses, or has sslmode=verify-full or verify-ca. That is told from what libpq makes of it: the string,
// the service that it names, the environment and the defaults. Connects to nothing. Errc::configuration; with
// RemoteServer::insecure only for what libpq cannot read, whose own words may quote a password.
[[nodiscard]] Result<void> check_postgres_protection(const std::string& connection,
                                                     RemoteServer remote = RemoteServer::verified);

}  // namespace credence::verifier
