// GET /.well-known/jwks.json: the keys of results as a JWK set (RFC 7517), so that relying parties follow a rotation.
#pragma once

#include <memory>
#include <utility>

#include "base/clock.h"
#include "service/verifier/result_signer.h"
#include "service/verifier/routes.h"

namespace credence::service {

inline constexpr std::string_view kJwksPath = "/.well-known/jwks.json";
// How long the set may be cached: a key is announced at least this long before it signs.
inline constexpr Seconds kJwksMaxAge{60};

// The route keeps what it needs alive.
void add_jwks_route(Routes& routes, std::shared_ptr<const ResultSigner> signer, std::shared_ptr<const Clock> clock);

}  // namespace credence::service
