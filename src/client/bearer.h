// The header for a bearer token (RFC 6750).
//
// Internal to the folder.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace credence::client {

// "Bearer ...". Errc::usage for a token that is empty or could end the header.
[[nodiscard]] Result<std::string> authorization(const SecretBytes& token);

}  // namespace credence::client
