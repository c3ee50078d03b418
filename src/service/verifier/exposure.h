// What a verifier is open to by its operator's choice: what cannot be chosen, and what it is warned of. One answer for
// the start, for a reload and for check-config.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/verifier/server.h"

namespace credence::service {

// Nobody gets plain HTTP, or less than what was meant, by leaving something out. Errc::usage.
[[nodiscard]] Result<void> check_transport(const VerifierOptions& options);
// Whether a request comes from this machine or through a proxy on it cannot be told: that callers need no credential is
// the operator's choice, and only for a loopback address. Errc::usage.
[[nodiscard]] Result<void> check_callers(const VerifierOptions& options);

struct Exposure {
  std::string_view key;  // of the option that chose it, or would close it
  std::string_view what;
};
constexpr std::string_view kInsecureStoreConnection =
    "insecure store connection: whoever is on the way to a PostgreSQL server beyond this machine may change what is "
    "trusted";
[[nodiscard]] std::vector<Exposure> exposures(const VerifierOptions& options);

}  // namespace credence::service
