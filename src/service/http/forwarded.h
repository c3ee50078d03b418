// The client behind a proxy that the operator has named.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "service/http/message.h"

namespace credence::service::http {

// An address as Request::client has it: of IPv6 the network of 64 bits, within which a client takes as many addresses
// as it likes. Errc::malformed when it is none.
[[nodiscard]] Result<std::string> client_address(std::string_view text);

// The address itself, as one text for each: of a proxy, whose neighbours are not believed. Errc::malformed.
[[nodiscard]] Result<std::string> exact_address(std::string_view text);

// The last entry of X-Forwarded-For: the one that the proxy itself has added, whatever the client wrote before it.
// Nothing without one that is an address.
[[nodiscard]] std::optional<std::string> forwarded_client(const Request& request);

}  // namespace credence::service::http
