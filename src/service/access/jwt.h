// Access tokens that an identity provider issues: JWTs (RFC 7519, RFC 9068) as bearer tokens, with Keycloak's claims.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "service/access/config.h"
#include "service/access/jwks.h"
#include "service/access/method.h"
#include "sign/jose/jws.h"

namespace credence::service::access {

// The claims of a token whose signature is good, checked: iss, aud, exp, nbf, iat (RFC 8725 sections 3.8 to 3.11).
// Errc::unauthorized.
[[nodiscard]] Result<Principal> principal_from_claims(std::string_view json, const OidcConfig& config, Timestamp now);

class JwtBearer final : public Method {
 public:
  JwtBearer(OidcConfig config, std::shared_ptr<Jwks> keys, std::shared_ptr<const Clock> clock)
      : config_(std::move(config)), keys_(std::move(keys)), clock_(std::move(clock)) {}

  [[nodiscard]] Result<std::optional<Principal>> identify(const http::Request& request) const override;
  [[nodiscard]] std::string challenge() const override { return "Bearer realm=\"credence\""; }
  [[nodiscard]] bool is_slow(const http::Request& request) const override;

  // The way of one token: for tests and fuzzers too.
  [[nodiscard]] Result<Principal> check(std::string_view token) const;

 private:
  const OidcConfig config_;
  const std::shared_ptr<Jwks> keys_;
  const std::shared_ptr<const Clock> clock_;
};

}  // namespace credence::service::access
