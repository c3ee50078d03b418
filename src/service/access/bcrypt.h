// bcrypt over libxcrypt. It takes tens of milliseconds by design.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::service::access {

// "$2b$", "$2y$" or "$2a$", a cost of 10 to 14, 22 characters of salt and 31 of digest. Errc::invalid_value otherwise:
// a lower cost is guessed too soon, a higher one is a way to keep the verifier busy.
[[nodiscard]] Result<void> check_bcrypt_hash(std::string_view hash);

// Whether the password has this hash, which has been checked. False for what bcrypt would cut short: more than 72
// octets, or a NUL among them.
[[nodiscard]] bool is_password_of(std::string_view password, const std::string& hash);

}  // namespace credence::service::access
