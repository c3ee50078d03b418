#include "service/access/access.h"

#include <format>

#include "service/access/local_caller.h"
#include "service/http/problem.h"

namespace credence::service::access {
namespace {

bool is_permitted(Roles roles, const Permission& permission) noexcept {
  return permission.everybody || roles.intersects(permission.roles);
}

Refusal forbidden(std::string_view who, std::string_view reason) {
  return {.response = http::problem(http::kForbidden, reason), .who = std::string(who), .reason = std::string(reason)};
}

}  // namespace

// Of two methods with one scheme (tokens, JWTs) either may know the credential; a refusal by one is none by the other.
Result<std::optional<Principal>> Access::identify(const http::Request& request) const {
  std::optional<Error> refusal;
  for (const auto& method : parts_.methods) {
    auto principal = method->identify(request);
    if (principal && *principal) return principal;
    if (!principal) refusal = std::move(principal).error();
  }
  // Whoever means to be somebody is not served as nobody: its request could be meant for another tenant.
  if (refusal) return std::unexpected(*std::move(refusal));
  return std::nullopt;
}

Refusal Access::unauthorized(std::string_view reason) const {
  Refusal refusal{.response = http::problem(http::kUnauthorized, reason), .who = {}, .reason = std::string(reason)};
  bool challenged = false;
  for (const auto& method : parts_.methods) {
    std::string challenge = method->challenge();
    if (challenge.empty()) continue;
    refusal.response.headers.emplace_back("WWW-Authenticate", std::move(challenge));
    challenged = true;
  }
  // Client certificates are asked for below HTTP: no request header would help, and a 401 would promise one.
  return challenged ? refusal : forbidden({}, reason);
}

std::expected<Principal, Refusal> Access::admit_anonymous(const http::Request& request,
                                                          const Permission& permission) const {
  if (is_permitted(parts_.anonymous, permission))
    return Principal{.name = "anonymous", .roles = parts_.anonymous, .is_known = false};
  if (!parts_.methods.empty()) return std::unexpected(unauthorized("this resource needs a credential, and got none"));
  if (!parts_.open_to_local_callers) {
    return std::unexpected(forbidden({},
                                     "this resource is closed: this verifier listens beyond loopback and nobody is "
                                     "configured who may use it"));
  }
  if (const auto local = check_local_caller(request); !local)
    return std::unexpected(forbidden({}, local.error().text()));
  return Principal{.name = "local", .roles = Roles::all(), .is_known = false};
}

std::expected<Principal, Refusal> Access::admit(const http::Request& request, const Permission& permission) const {
  auto identified = identify(request);
  if (!identified) {
    const Error& error = identified.error();
    if (error.code == Errc::unauthorized) return std::unexpected(unauthorized(error.text()));
    return std::unexpected(Refusal{.response = http::problem(error), .who = {}, .reason = error.text()});
  }
  if (!*identified) return admit_anonymous(request, permission);
  Principal principal = **std::move(identified);
  if (is_permitted(principal.roles, permission)) return principal;
  return std::unexpected(forbidden(
      principal.name, std::format("this resource is for the roles {}; the caller has {}", permission.roles.text(),
                                  principal.roles.empty() ? "none" : principal.roles.text())));
}

}  // namespace credence::service::access
