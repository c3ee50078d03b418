#include "service/access/jwt.h"

#include <algorithm>
#include <chrono>
#include <ranges>

#include "service/access/bearer_token.h"
#include "wire/json/json.h"

namespace credence::service::access {
namespace {

constexpr std::size_t kMaxToken = 8'192;
constexpr std::chrono::seconds kLeeway{60};

std::unexpected<Error> refuse(std::string_view why) {
  return fail(Errc::unauthorized, "the token " + std::string(why));
}

// Whatever is wrong with a token, its bearer is not authorized; the words stay.
template <typename T>
Result<T> as_refusal(Result<T> result) {
  if (!result && result.error().code != Errc::unavailable) result.error().code = Errc::unauthorized;
  return result;
}

// RFC 7519 section 4.1.3: a text or an array of texts.
bool is_for(const json::Object& claims, std::string_view audience) {
  const json::Value* const aud = claims.if_contains("aud");
  if (aud == nullptr) return false;
  if (aud->is_string()) return std::string_view(aud->get_string()) == audience;
  return aud->is_array() && std::ranges::any_of(aud->get_array(), [&](const json::Value& item) {
           return item.is_string() && std::string_view(item.get_string()) == audience;
         });
}

// NumericDate may have a fraction; whole seconds are what providers send.
Result<std::optional<Timestamp>> time_of(const json::Object& claims, std::string_view name) {
  TRY(const auto seconds, json::optional_integer(claims, name));
  constexpr std::int64_t kMost = 253'402'300'799;  // the year 9999
  if (!seconds) return std::nullopt;
  if (*seconds < 0 || *seconds > kMost) return refuse(std::string(name) + " is out of range");
  return Timestamp(std::chrono::seconds(*seconds));
}

Result<void> check_time(const json::Object& claims, Timestamp now) {
  TRY(const auto exp, time_of(claims, "exp"));
  TRY(const auto nbf, time_of(claims, "nbf"));
  TRY(const auto iat, time_of(claims, "iat"));
  if (!exp) return refuse("has no exp: it would be good for ever");
  if (now >= *exp + kLeeway) return refuse("expired at " + to_rfc3339(*exp));
  if (nbf && now + kLeeway < *nbf) return refuse("is not valid before " + to_rfc3339(*nbf));
  if (iat && now + kLeeway < *iat) return refuse("was issued in the future, at " + to_rfc3339(*iat));
  return {};
}

void add_role(std::string_view name, const OidcConfig& config, Roles& roles) {
  if (const auto role = role_from_name(name)) roles.add(*role);
  for (const auto& [theirs, role] : config.roles)
    if (theirs == name) roles.add(role);
}

void add_roles(const json::Value* names, const OidcConfig& config, Roles& roles) {
  if (names == nullptr || !names->is_array()) return;
  for (const json::Value& name : names->get_array())
    if (name.is_string()) add_role(name.get_string(), config, roles);
}

// Keycloak's realm roles, plain roles (RFC 9068 section 2.2.3.1), and scopes (RFC 8693 section 4.2).
Roles roles_of(const json::Object& claims, const OidcConfig& config) {
  Roles roles;
  if (const json::Value* const realm = claims.if_contains("realm_access"); realm != nullptr && realm->is_object())
    add_roles(realm->get_object().if_contains("roles"), config, roles);
  add_roles(claims.if_contains("roles"), config, roles);
  if (const json::Value* const scope = claims.if_contains("scope"); scope != nullptr && scope->is_string()) {
    for (const auto part : std::string_view(scope->get_string()) | std::views::split(' '))
      add_role(std::string_view(part), config, roles);
  }
  return roles;
}

Result<Principal> parse_claims(std::string_view text, const OidcConfig& config, Timestamp now) {
  TRY(const json::Value value, json::parse(text, {.bytes = kMaxToken}));
  TRY(const json::Object* claims, json::as_object(value, ""));
  TRY(const std::string_view issuer, json::required_text(*claims, "iss"));
  if (issuer != config.issuer) return refuse("is of another issuer");
  // RFC 8725 section 3.9: a token for another service of the same provider is replayed here otherwise.
  if (!is_for(*claims, config.audience)) return refuse("is not for this verifier: aud names others");
  CHECK(check_time(*claims, now));
  TRY(const std::string_view subject, json::required_text(*claims, "sub"));
  TRY(const auto username, json::optional_text(*claims, "preferred_username"));
  TRY(const auto tenant, json::optional_text(*claims, config.tenant_claim));
  Principal principal{.name = "oidc:" + std::string(subject), .roles = roles_of(*claims, config)};
  if (username) principal.name += "/" + std::string(*username);
  if (tenant) principal.tenant = *tenant;
  return principal;
}

// RFC 8725 section 3.11: of one issuer's JWTs only access tokens; Keycloak's have the type JWT.
bool is_access_token(const std::optional<std::string>& type) noexcept {
  return !type || http::same_ignoring_case(*type, "JWT") || http::same_ignoring_case(*type, "at+jwt") ||
         http::same_ignoring_case(*type, "application/at+jwt");
}

}  // namespace

Result<Principal> principal_from_claims(std::string_view json, const OidcConfig& config, Timestamp now) {
  return as_refusal(parse_claims(json, config, now));
}

Result<Principal> JwtBearer::check(std::string_view token) const {
  const auto jws = as_refusal(jose::decode_jws(token, {.bytes = kMaxToken}));
  if (!jws) return std::unexpected(jws.error());
  if (!is_access_token(jws->type)) return refuse("is no access token: typ");
  TRY(const VerificationKey key, keys_->find(jws->kid));
  // RFC 8725 section 3.1: the key has its algorithm; one that the token chose could be a weaker one.
  if (jws->algorithm != key.algorithm) return refuse("is signed with another algorithm than its key is for");
  if (const auto verified = jose::verify(*jws, key.key); !verified) return refuse("has a signature that is not good");
  TRY(const Timestamp now, clock_->checked_now());
  return principal_from_claims(as_text(jws->payload), config_, now);
}

bool JwtBearer::is_slow(const http::Request& request) const {
  const auto token = bearer_credential(request);
  if (!token || !*token) return false;
  const auto jws = jose::decode_jws(**token, {.bytes = kMaxToken});
  return jws && keys_->would_read(jws->kid);
}

Result<std::optional<Principal>> JwtBearer::identify(const http::Request& request) const {
  TRY(const auto token, bearer_credential(request));
  if (!token) return std::nullopt;
  return check(*token);
}

}  // namespace credence::service::access
