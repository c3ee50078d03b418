// What a verifier that runs cannot take over from another configuration.
#pragma once

#include "base/result.h"
#include "service/verifier/server.h"

namespace credence::service {

// Errc::configuration names the first of them.
[[nodiscard]] Result<void> check_unchanged(const VerifierOptions& before, const VerifierOptions& after);

}  // namespace credence::service
