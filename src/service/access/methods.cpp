#include "service/access/methods.h"

#include <utility>
#include <vector>

#include "service/access/basic.h"
#include "service/access/bearer_token.h"
#include "service/access/client_certificate.h"
#include "service/access/jwks.h"
#include "service/access/jwt.h"

namespace credence::service::access {
namespace {

std::shared_ptr<const Method> tokens_of(const AccessConfig& config) {
  std::vector<BearerTokens::Entry> entries;
  for (const TokenConfig& token : config.tokens)
    entries.push_back({.digest = token.sha256, .principal = token.principal});
  return std::make_shared<const BearerTokens>(std::move(entries));
}

}  // namespace

Result<Access::Parts> access_parts(const AccessConfig& config,
                                   const std::optional<std::filesystem::path>& provisioning_token,
                                   const std::shared_ptr<const Clock>& clock, const Random& random) {
  Access::Parts parts{.methods = {}, .anonymous = config.anonymous, .open_to_local_callers = false};
  parts.failures = std::make_shared<RateLimit>(config.failure_rate, clock);
  if (!config.certificates.empty())
    parts.methods.push_back(std::make_shared<const ClientCertificates>(config.certificates, clock));
  if (provisioning_token) {
    TRY(BearerTokens token, BearerTokens::from_token_file(*provisioning_token));
    parts.methods.push_back(std::make_shared<const BearerTokens>(std::move(token)));
  }
  if (!config.tokens.empty()) parts.methods.push_back(tokens_of(config));
  if (config.oidc) {
    auto keys = std::make_shared<Jwks>(Jwks::source(config.oidc->jwks, config.oidc->ca_file), clock);
    parts.methods.push_back(std::make_shared<const JwtBearer>(*config.oidc, std::move(keys), clock));
  }
  if (!config.users.empty()) {
    TRY(auto users, BasicUsers::make({.users = config.users, .failures = parts.failures, .clock = clock}, random));
    parts.methods.push_back(std::shared_ptr<const Method>(std::move(users)));
  }
  return parts;
}

}  // namespace credence::service::access
